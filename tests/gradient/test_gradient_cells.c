/* Every cell with every option alone, and a few together, walking in both directions. */
#include "gradient/gradient.h"

static const struct cell {
    const char *kind, *settings;
    int family; /* bits of the options below that it takes */
} cells[] = {
    {"rnn", "", 1},
    {"rnn", ", nonlinearity=relu", 1},
    {"gru_simple", "", 1},
    {"gru", ", reset=before", 1},
    {"gru", "", 1},
    {"lstm", "", 3},
    {"lstm", ", output=linear", 3},
    {"lstm", ", output=linear, candidate=cell", 3},
    {"lstm", ", candidate=cell", 3},
    {"lstm", ", peephole=1", 3},
    {"lstm", ", coupled=1", 3},
    {"lstm", ", peephole=1, coupled=1", 3},
    {"lstm", ", output=linear, candidate=cell, peephole=1, coupled=1", 3},
    {"lstm", ", output=linear, peephole=1", 3},
    {"lstm", ", candidate=cell, coupled=1", 3},
    {"lstm", ", candidate=cell, peephole=1", 4},
    {"lstm", ", candidate=cell, peephole=1, coupled=1", 4},
    {"lstm", ", output=linear, coupled=1", 4},
    {"lstm", ", output=linear, peephole=1, coupled=1", 4},
    {"lstm", ", output=linear, candidate=cell, coupled=1", 4},
    {"lstm", ", output=linear, candidate=cell, peephole=1", 4},
};

static const struct option {
    const char *settings;
    int family,
        narrow; /* 1: every cell, 2: only lstm, 4: every form of it; narrow: h has the projection's width */
} options[] = {
    {"", 1 | 4, 0},
    {", norm=1", 1, 0},
    {", norm=1, bias=two", 1 | 4, 0},
    {", bias=none", 1, 0},
    {", bias=one", 1, 0},
    {", bias=two", 1 | 4, 0},
    {", index=before", 1, 0},
    {", clip_preact=0.4", 1 | 4, 0},
    {", dropout_h=0.4", 1, 0},
    {", dropout_h=0.4, variational=1", 1, 0},
    {", zoneout_h=0.3", 1, 0},
    {", weight_drop=0.4", 1, 0},
    {", weight_noise=0.2", 1, 0},
    {", clip_delta=1000", 1, 0},
    {", start=learned", 1, 0},
    {", dropout_h=0.3, zoneout_h=0.3, norm=1, index=before, start=learned, weight_drop=0.2", 1, 0},
    {", proj=4", 2, 1},
    {", clip_cell=0.3", 2 | 4, 0},
    {", zoneout_c=0.3", 2, 0},
    {", proj=4, norm=1, zoneout_h=0.2, zoneout_c=0.3, dropout_h=0.3, bias=two", 2 | 4, 1},
    {", proj=4, clip_cell=0.6, clip_preact=0.8, index=before, weight_drop=0.3, weight_noise=0.1, "
     "start=learned",
     2 | 4, 1},
};

static double check(const struct cell *cell, const struct option *option, gradient_case of)
{
    char text[1024];
    of.width = option->narrow ? 8 : 10;
    (void)snprintf(text, sizeof text,
                   "f = %s(x, size=5%s%s)\nb = %s(x, size=5, reverse=1%s%s)\nh = concat(f, b)", cell->kind,
                   cell->settings, option->settings, cell->kind, cell->settings, option->settings);
    of.text = text;
    const double worst = gradient_worst(&of);
    assert_true(worst <= LIMIT);
    return worst;
}

static void every_cell_with_every_option_has_the_gradient_of_its_equations(void **state)
{
    double worst = 0;
    (void)state;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        for (size_t k = 0; k < sizeof options / sizeof *options; k++)
            if (cells[i].family & options[k].family)
                worst = fmax(worst, check(&cells[i], &options[k], (gradient_case){.symbols = 0}));
    print_message("cells and options: worst relative error %.3g\n", worst);
}

static void sequences_that_begin_afresh_train_the_learned_state(void **state)
{
    double worst = 0;
    (void)state;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        worst = fmax(worst, check(&cells[i], &(struct option){.settings = ", start=learned"},
                                  (gradient_case){.afresh = 1, .sequences = 11}));
    print_message("learned states: worst relative error %.3g\n", worst);
}

static void random_states_are_constants_of_the_gradient(void **state)
{
    (void)state;
    const struct option random = {.settings = ", start=random, start_scale=0.5"};
    (void)check(&cells[5], &random, (gradient_case){.afresh = 1});
}

static void symbols_scatter_the_gradient_of_their_columns(void **state)
{
    double worst = 0;
    (void)state;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        for (size_t k = 0; k < 2; k++)
            worst = fmax(worst, check(&cells[i], &options[k], (gradient_case){.symbols = 1}));
    worst = fmax(worst, check(&cells[5], &(struct option){.settings = ", weight_noise=0.3"},
                              (gradient_case){.symbols = 1}));
    print_message("symbols: worst relative error %.3g\n", worst);
}

static void sums_over_several_blocks_of_places_are_whole(void **state)
{
    (void)state;
    const struct cell peephole = {"lstm", ", peephole=1", 3};
    (void)check(&peephole, &(struct option){.settings = ", norm=1, start=learned"},
                (gradient_case){.sequences = 19});
    (void)check(&peephole, &(struct option){.settings = ""}, (gradient_case){.sequences = 19});
}

static void layers_of_different_cells_pass_gradients_down(void **state)
{
    (void)state;
    const gradient_case of = {.text = "f1 = gru(x, size=4, reset=before)\nb1 = lstm(x, size=3, reverse=1)\n"
                                      "h1 = concat(f1, b1)\nh2 = lstm(h1, size=5, proj=3, peephole=1)\n"
                                      "h3 = mingru(h2, size=3, reverse=1)\nh = add(h2, h3)",
                              .width = 3};
    const double worst = gradient_worst(&of);
    print_message("mixed cells: worst relative error %.3g\n", worst);
    assert_true(worst <= LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell_with_every_option_has_the_gradient_of_its_equations),
        cmocka_unit_test(sequences_that_begin_afresh_train_the_learned_state),
        cmocka_unit_test(random_states_are_constants_of_the_gradient),
        cmocka_unit_test(symbols_scatter_the_gradient_of_their_columns),
        cmocka_unit_test(sums_over_several_blocks_of_places_are_whole),
        cmocka_unit_test(layers_of_different_cells_pass_gradients_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
