/* Options that only some tasks read, beside options.def: the program refuses one that was given for another task. What is
 * not here may be given for any task; options that a reader, a loss or a cell refuses by itself need no row. */
#include "options/table.h"

#define SERIES  "forecast"
#define COLUMNS "regress forecast classify"
#define SOUND   "classify transcribe"
#define SYMBOLS "lm classify tag seq2seq transcribe conditional"
#define RECORDS "classify seq2seq transcribe conditional"
#define NUMBERS "classify transcribe forecast frames regress"

static const struct {
    rd_option_id id;
    const char *tasks;
} rows[] = {
    /* clang-format off */
    {RD_OPT_pool,              COLUMNS},
    {RD_OPT_chars,             "classify tag"},
    {RD_OPT_char_embed_size,   "classify tag"},
    {RD_OPT_attention,         "seq2seq"},
    {RD_OPT_attention_place,   "seq2seq"},
    {RD_OPT_input_feed,        "seq2seq"},
    {RD_OPT_bridge,            "seq2seq"},
    {RD_OPT_condition_place,   "conditional"},
    {RD_OPT_quantiles,         "forecast regress"},
    {RD_OPT_ctc_infeasible,    "transcribe"},
    {RD_OPT_tokens,            SYMBOLS},
    {RD_OPT_vocab,             SYMBOLS},
    {RD_OPT_min_freq,          SYMBOLS},
    {RD_OPT_max_vocab,         SYMBOLS},
    {RD_OPT_lowercase,         SYMBOLS},
    {RD_OPT_normalize,         SYMBOLS},
    {RD_OPT_joint_vocab,       "seq2seq transcribe"},
    {RD_OPT_lines,             "lm"},
    {RD_OPT_inputs,            COLUMNS},
    {RD_OPT_target,            COLUMNS},
    {RD_OPT_group,             COLUMNS},
    {RD_OPT_label_column,      RECORDS},
    {RD_OPT_text_column,       RECORDS},
    {RD_OPT_columns,           "tag"},
    {RD_OPT_scheme,            "tag"},
    {RD_OPT_scan,              "classify"},
    {RD_OPT_permute,           "classify"},
    {RD_OPT_time,              SERIES},
    {RD_OPT_horizon,           SERIES},
    {RD_OPT_scale,             NUMBERS},
    {RD_OPT_difference,        SERIES},
    {RD_OPT_transform,         SERIES},
    {RD_OPT_frequency,         SERIES},
    {RD_OPT_time_features,     SERIES},
    {RD_OPT_season,            SERIES},
    {RD_OPT_na,                "forecast classify"},
    {RD_OPT_header,            SERIES},
    {RD_OPT_history,           SERIES},
    {RD_OPT_sound_dir,         SOUND},
    {RD_OPT_label_pattern,     "classify transcribe conditional"},
    {RD_OPT_features,          SOUND},
    {RD_OPT_sample_rate,       SOUND},
    {RD_OPT_steps_per_quarter, "frames"},
    {RD_OPT_beam_size,         "seq2seq transcribe"},
    {RD_OPT_length_penalty,    "seq2seq"},
    {RD_OPT_max_ratio,         "seq2seq"},
    {RD_OPT_bleu_tokens,       "seq2seq"},
    {RD_OPT_lm,                "transcribe"},
    {RD_OPT_lm_weight,         "transcribe"},
    {RD_OPT_lm_bonus,          "transcribe"},
    {RD_OPT_confusion,         "classify tag"},
    {RD_OPT_bpm,               "frames"},
    {RD_OPT_hold,              "frames"},
    {RD_OPT_instrument,        "frames"},
    /* clang-format on */
};

const char *rd_option_tasks(rd_option_id id)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].id == id) return rows[i].tasks;
    return "";
}
