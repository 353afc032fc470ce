/* The parser of node lists: what it reads, and where it says that something is wrong. */
#include "../layers/layer_help.h"

static void a_list_becomes_nodes_in_the_order_of_computation(void **state)
{
    (void)state;
    rd_node *n;
    size_t count;
    rondo_error error;
    assert_int_equal(rd_model_text_parse(
                         "# a comment\n\n a = dense( x , size = 4 ) # another\nout = dense(add(a, last(a)),\n"
                         "    act=\"tanh\", w=-1.5e-3)\n",
                         "m", &n, &count, &error),
                     RONDO_OK);
    assert_int_equal(count, 4);
    assert_string_equal(n[0].name, "a");
    assert_string_equal(n[0].kind, "dense");
    assert_string_equal(n[0].input[0], "x");
    assert_string_equal(n[0].setting[0].key, "size");
    assert_string_equal(n[0].setting[0].value, "4");
    assert_int_equal(n[0].line, 3);
    assert_string_equal(n[1].name, "out.2");
    assert_string_equal(n[1].kind, "last");
    assert_string_equal(n[2].name, "out.1");
    assert_string_equal(n[2].input[1], "out.2");
    assert_string_equal(n[3].input[0], "out.1");
    assert_string_equal(n[3].setting[0].value, "tanh");
    assert_string_equal(n[3].setting[1].value, "-1.5e-3");
    assert_int_equal(n[3].line, 4);
    rd_free(n);
}

static const struct {
    const char *text, *message;
} bad[] = {
    {"", "m: the list of layers is empty"},
    {"# nothing\n", "m: the list of layers is empty"},
    {"a dense(x)", "m:1:3: expected = after the name, found \"dense\""},
    {"a = dense x", "m:1:11: expected ( after the name of the layer, found \"x\""},
    {"a = dense(x", "m:1:12: expected a comma or a closing parenthesis, found \"the end of the line\""},
    {"\n\na = dense(x) b", "m:3:14: expected the end of the line, found \"b\""},
    {"a = dense(x,, y)", "m:1:13: expected an input or a setting, found \",\""},
    {"a = dense(x size=4)", "m:1:13: expected a comma or a closing parenthesis, found \"size\""},
    {"a = dense(x, size=)", "m:1:19: expected a value, found \")\""},
    {"a = dense(x, act=\"tanh)", "m:1:24: expected a closing \""},
    {"a = dense(x, size=4, size=5)", "m:1:22: this setting stands here twice, found \"size\""},
    {"3 = dense(x)", "m:1:1: expected `name = layer"},
    {"a = dense(\xff)", "m:1:11: expected an input or a setting, found \"\\xff"},
    {"a = b(c(d(e(f(g(h(i(j(k(l(m(n(o(p(q(r(s(t(x)))))))))))))))))))", "too deep"},
    {"a = add(x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x,x)", "at most 16 inputs"},
    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa = dense(x)",
     "at most 63 letters"},
};

static void what_is_wrong_is_told_with_line_and_column(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        rd_node *n;
        size_t count;
        rondo_error error;
        assert_int_equal(rd_model_text_parse(bad[i].text, "m", &n, &count, &error), RONDO_BAD_ARGUMENT);
        if (!strstr(error.message, bad[i].message))
            fprintf(stderr, "\"%s\" gives \"%s\"\n", bad[i].text, error.message);
        assert_non_null(strstr(error.message, bad[i].message));
        assert_null(n);
    }
}

static void every_cut_of_a_good_text_ends_well(void **state)
{
    (void)state;
    const char text[] = "e = embedding(s, size=4)\nh = add(e, dense(last(e), size=4, act=\"tanh\"))\n";
    for (size_t size = 0; size < sizeof text; size++) {
        char cut[sizeof text] = {0};
        rd_node *n;
        size_t count;
        memcpy(cut, text, size);
        if (rd_model_text_parse(cut, "m", &n, &count, NULL) == RONDO_OK) rd_free(n);
    }
}

static void names_that_mean_nothing_get_the_nearest_suggested(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    refuses(&b, "h = lsmt(x, size=4)\n", "model text:1: there is no layer or loss \"lsmt\"");
    assert_string_equal(b.error.hint, "did you mean lstm?");
    refuses(&b, "hidden = lstm(x, size=4)\nout = dense(hiden, size=2)\n",
            "model text:2: no part and no earlier layer is named \"hiden\"");
    assert_string_equal(b.error.hint, "did you mean hidden?");
    refuses(&b, "out = dense(h, size=2)\nh = lstm(x, size=4)\n",
            "no part and no earlier layer is named \"h\"");
    refuses(&b, "x = dense(s, size=2)\n", "there is already something named \"x\"");
    refuses(&b, "h = dense(s, size=2)\nh = dense(s, size=2)\n",
            "model text:2: there is already something named \"h\"");
    refuses(&b, "h = lstm(x, s, size=4)\n", "takes 1 input and start=NAME, found 2");
    refuses(&b, "h = lstm(x, size=4, fancy=1)\n", "lstm \"h\" has no setting \"fancy\"");
    refuses(&b, "l = softmax(x, y)\n", "a loss compares a layer with a part");
    refuses(&b, "h = dense(x, size=4)\nl = softmax(h, y)\n",
            "softmax needs 5 outputs for part \"y\", \"h\" has 4");
    refuses(&b, "h = dense(x, size=5)\nl = squared(h, y)\n", "squared cannot compare with symbols");
    refuses(&b, "h = dense(x, size=2)\nl = softmax(h, v)\n", "softmax cannot compare with numbers");
    refuses(&b, "h = dense(x, size=5)\nl = softmax(h)\n", "takes two inputs");
    refuses(&b, "h = dense(x, size=5)\nl = softmax(h, y, weight=-1)\n", "expected a number from 0 to");
    refuses(&b, "h = lstm(x, size=3, as=rnn.l0)\ng = lstm(h, size=3, as=rnn.l0)\n",
            "two tensors would be named \"rnn.weight_ih_l0\"");
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_becomes_nodes_in_the_order_of_computation),
        cmocka_unit_test(what_is_wrong_is_told_with_line_and_column),
        cmocka_unit_test(every_cut_of_a_good_text_ends_well),
        cmocka_unit_test(names_that_mean_nothing_get_the_nearest_suggested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
