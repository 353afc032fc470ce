/* Presets: the conventions of course notes, PyTorch and Keras as rows of option values (equations.md section
 * 2), and what a task does unless told otherwise. What was set by name wins, then --preset, then the task. */
#include "options/table.h"

static const struct {
    const char *preset;
    rd_option_id id;
    const char *value;
} preset_rows[] = {
    /* clang-format off */
    {"course",  RD_OPT_gru_reset,      "before"},
    {"course",  RD_OPT_bias,           "one"},
    {"course",  RD_OPT_notation,       "course"},
    {"pytorch", RD_OPT_gru_reset,      "after"},
    {"pytorch", RD_OPT_bias,           "two"},
    {"pytorch", RD_OPT_init,           "uniform"},
    {"pytorch", RD_OPT_init_recurrent, "input"},
    {"pytorch", RD_OPT_forget_bias,    "0"},
    {"pytorch", RD_OPT_notation,       "pytorch"},
    {"keras",   RD_OPT_gru_reset,      "after"},
    {"keras",   RD_OPT_init,           "glorot"},
    {"keras",   RD_OPT_init_recurrent, "orthogonal"},
    {"keras",   RD_OPT_forget_bias,    "1"},
    {"tag",        RD_OPT_bidirectional, "on"},
    {"classify",   RD_OPT_bidirectional, "on"},
    {"seq2seq",    RD_OPT_bidirectional, "on"},
    {"seq2seq",    RD_OPT_output_bias,   "frequency"},
    {"transcribe", RD_OPT_bidirectional, "on"},
    /* clang-format on */
};

const char *rd_preset_value(const char *preset, rd_option_id id)
{
    for (size_t i = 0; i < sizeof preset_rows / sizeof preset_rows[0]; i++)
        if (preset_rows[i].id == id && rd_equal(preset_rows[i].preset, preset)) return preset_rows[i].value;
    return NULL;
}
