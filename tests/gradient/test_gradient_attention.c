/* Attention, decoders and bridges: every score, with and without feeding, at both places, both bridges, every
 * cell. The source has lengths 2 4 0 3, the target 3 0 4 2: one source is empty, one target is. */
#include "gradient/gradient.h"

enum { SIZE = 4 };

static double check(const char *text, size_t width, int afresh, size_t sequences)
{
    const gradient_case of = {
        .text = text, .width = width, .two = 1, .afresh = afresh, .sequences = sequences};
    const double worst = gradient_worst(&of);
    assert_true(worst <= LIMIT);
    return worst;
}

static const char *const scores[] = {"dot", "general", "additive"};
static const char *const cells[] = {"gru", "lstm", "rnn", "gru_simple"};

/* An encoder whose rows and joined states have `SIZE` numbers a state. */
static void encoder(char *text, size_t room, const char *cell, int dense, int both)
{
    const size_t states = strcmp(cell, "lstm") == 0 ? 2 : 1;
    if (both)
        (void)snprintf(text, room,
                       "f = %s(x, size=2)\nb = %s(x, size=2, reverse=1)\nenc = concat(f, b)\ns = bridge(f, b",
                       cell, cell);
    else
        (void)snprintf(text, room, "enc = %s(x, size=4)\ns = bridge(enc", cell);
    const size_t used = strlen(text);
    if (dense)
        (void)snprintf(text + used, room - used, ", mode=dense, size=%zu)\n", states * SIZE);
    else
        (void)snprintf(text + used, room - used, ")\n");
}

static double check_decoder(const char *cell, const char *score, int feed, const char *place, int dense,
                            int both)
{
    char text[1024];
    encoder(text, sizeof text, cell, dense, both);
    const size_t used = strlen(text);
    (void)snprintf(
        text + used, sizeof text - used,
        "h = decoder(target, memory=enc, start=s, cell=%s, size=4, attention=%s, feed=%d, place=%s)", cell,
        score, feed, place);
    return fmax(check(text, SIZE, 1, 0), check(text, SIZE, 0, 0));
}

static void every_decoder_has_the_gradient_of_its_equations(void **state)
{
    double worst = 0;
    (void)state;
    for (size_t c = 0; c < sizeof cells / sizeof *cells; c++)
        for (size_t s = 0; s < sizeof scores / sizeof *scores; s++)
            for (int k = 0; k < 16; k++)
                worst = fmax(worst, check_decoder(cells[c], scores[s], k & 1, k & 2 ? "before" : "after",
                                                  (k & 4) != 0, (k & 8) != 0));
    print_message("decoders: worst relative error %.3g\n", worst);
}

static void attention_alone_has_the_gradient_of_its_equations(void **state)
{
    double worst = 0;
    (void)state;
    for (size_t c = 0; c < 2; c++)
        for (size_t s = 0; s < sizeof scores / sizeof *scores; s++)
            for (int k = 0; k < 4; k++) {
                char text[1024];
                encoder(text, sizeof text, cells[c], k & 1, (k & 2) != 0);
                const size_t used = strlen(text);
                (void)snprintf(text + used, sizeof text - used,
                               "d = %s(target, size=4, start=s)\nh = attention(d, memory=enc, score=%s)",
                               cells[c], scores[s]);
                worst = fmax(worst, check(text, SIZE, 1, 0));
                worst = fmax(worst, check(text, SIZE, 0, 0));
            }
    print_message("attention: worst relative error %.3g\n", worst);
}

/* More sequences than a block of places; other widths; what the cells have besides; a stack. */
static void decoders_take_what_their_cells_take(void **state)
{
    static const char *const texts[] = {
        "enc = gru(x, size=5)\nh = decoder(target, memory=enc, size=4, attention=additive, feed=1, "
        "place=before)",
        "enc = gru(x, size=5)\nh = decoder(target, memory=enc, cell=lstm, size=6, proj=4, attention=general, "
        "feed=1)",
        "enc = gru(x, size=5)\n"
        "h = decoder(target, memory=enc, size=4, start=learned, feed=1, dropout_h=0.3, zoneout_h=0.2)",
        "enc = gru(x, size=5)\n"
        "h = decoder(target, memory=enc, size=4, reset=before, weight_drop=0.3, weight_noise=0.1, "
        "place=before)",
        "enc = rnn(x, size=4)\nh = decoder(target, memory=enc, size=4, cell=lstm, peephole=1, attention=dot, "
        "bias=none)",
        "f = gru(x, size=4)\nb = gru(x, size=4, reverse=1)\nenc = add(f, b)\ns = bridge(f, b, merge=sum)\n"
        "d1 = decoder(target, memory=enc, start=s, size=4, feed=1)\nh = gru(d1, size=4)",
        "enc = lstm(x, size=3)\ns = bridge(enc, mode=dense, size=4)\nd1 = gru(target, size=4, start=s)\n"
        "h = decoder(d1, memory=enc, size=4, feed=1, index=before)",
        /* the memory may be the input itself */
        "h = decoder(target, memory=x, size=4, attention=general, feed=1)",
        "d = gru(target, size=3)\nh1 = attention(d, memory=x, score=dot)\nh = dense(h1, size=4)",
    };
    double worst = 0;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        worst = fmax(worst, check(texts[i], SIZE, 0, 0));
        worst = fmax(worst, check(texts[i], SIZE, 1, 13));
    }
    print_message("options of decoders: worst relative error %.3g\n", worst);
}

/* Nobody reads the rows of the decoder, only its last output. */
static void the_final_output_alone_passes_its_gradient_on(void **state)
{
    (void)state;
    const double worst = check("enc = gru(x, size=4)\nd = decoder(target, memory=enc, size=4, feed=1)\n"
                               "l = last(d)\nh = expand(l, like=target)",
                               SIZE, 1, 0);
    print_message("final output: worst relative error %.3g\n", worst);
}

static void recurrent_layers_start_from_a_node(void **state)
{
    double worst = 0;
    (void)state;
    for (size_t c = 0; c < sizeof cells / sizeof *cells; c++) {
        char text[512];
        const size_t states = strcmp(cells[c], "lstm") == 0 ? 2 : 1;
        (void)snprintf(text, sizeof text,
                       "l = mean(x)\ns = dense(l, size=%zu)\nh = %s(target, size=4, start=s)", states * SIZE,
                       cells[c]);
        worst = fmax(worst, fmax(check(text, SIZE, 1, 0), check(text, SIZE, 0, 13)));
    }
    print_message("starts from a node: worst relative error %.3g\n", worst);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_decoder_has_the_gradient_of_its_equations),
        cmocka_unit_test(attention_alone_has_the_gradient_of_its_equations),
        cmocka_unit_test(decoders_take_what_their_cells_take),
        cmocka_unit_test(the_final_output_alone_passes_its_gradient_on),
        cmocka_unit_test(recurrent_layers_start_from_a_node),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
