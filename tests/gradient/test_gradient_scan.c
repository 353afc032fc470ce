/* Gradients of the scans and of the network that feeds its output back. */
#include "gradient/gradient.h"

static void check_all(const gradient_case *cases, size_t count, const char *what)
{
    double worst = 0;
    for (size_t i = 0; i < count; i++) {
        const double one = gradient_worst(&cases[i]);
        assert_true(one <= LIMIT);
        worst = fmax(worst, one);
    }
    print_message("%s: worst relative error %.3g\n", what, worst);
}

#define BOTH(kind, settings)                                                                                 \
    "f = " kind "(x, size=5" settings ")\nb = " kind "(x, size=5, reverse=1" settings ")\nh = concat(f, b)"

static void scans_have_the_gradient_of_their_equations(void **state)
{
    (void)state;
    const gradient_case cases[] = {
        {.text = BOTH("mingru", ""), .width = 10},
        {.text = BOTH("mingru", ", min_positive=1"), .width = 10},
        {.text = BOTH("mingru", ", bias=none, index=before"), .width = 10},
        {.text = BOTH("mingru", ", start=learned"), .width = 10, .afresh = 1, .sequences = 11},
        {.text = BOTH("mingru", ""), .width = 10, .symbols = 1},
        {.text = BOTH("minlstm", ""), .width = 10},
        {.text = BOTH("minlstm", ", min_positive=1"), .width = 10},
        {.text = BOTH("minlstm", ", bias=none, index=before"), .width = 10},
        {.text = BOTH("minlstm", ", start=learned"), .width = 10, .sequences = 11},
        {.text = BOTH("minlstm", ", start=random"), .width = 10, .afresh = 1, .symbols = 1},
        {.text = "h = mingru(x, size=70)", .width = 70},
        {.text = "h = minlstm(x, size=67, reverse=1)", .width = 67},
    };
    check_all(cases, sizeof cases / sizeof *cases, "scans");
}

static void jordan_feeds_its_gradient_back_with_its_output(void **state)
{
    (void)state;
    const gradient_case cases[] = {
        {.text = "h = jordan(x, size=5, outputs=4)", .width = 4},
        {.text = "h = jordan(x, size=5, outputs=4, output=pre)", .width = 4},
        {.text = "h = jordan(x, size=5, outputs=4, f=sigmoid)", .width = 4},
        {.text = "h = jordan(x, size=5, outputs=4, f=sigmoid, output=pre)", .width = 4, .symbols = 1},
        {.text = "h = jordan(x, size=5, outputs=4)",
         .width = 4,
         .symbols = 1,
         .loss = "softmax",
         .target_symbols = 1},
        {.text = "h = jordan(x, size=5, outputs=4, start=learned)", .width = 4, .afresh = 1, .sequences = 19},
    };
    check_all(cases, sizeof cases / sizeof *cases, "jordan");
}

static void a_jordan_network_fed_with_targets_has_no_recurrence_in_its_gradient(void **state)
{
    (void)state;
    const gradient_case cases[] = {
        {.text = "h = jordan(x, y, size=5, outputs=4, feedback=target)", .width = 4},
        {.text = "h = jordan(x, y, size=5, outputs=4, feedback=target, f=sigmoid, output=pre)", .width = 4},
        {.text = "h = jordan(x, y, size=5, outputs=4, feedback=target)",
         .width = 4,
         .loss = "softmax",
         .target_symbols = 1},
        {.text = "e = mingru(x, size=4)\nh = jordan(x, e, size=5, outputs=4, feedback=target)", .width = 4},
    };
    check_all(cases, sizeof cases / sizeof *cases, "jordan with targets");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scans_have_the_gradient_of_their_equations),
        cmocka_unit_test(jordan_feeds_its_gradient_back_with_its_output),
        cmocka_unit_test(a_jordan_network_fed_with_targets_has_no_recurrence_in_its_gradient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
