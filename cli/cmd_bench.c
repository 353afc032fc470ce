/* rondo bench: speed of named workloads, of networks by cell, size and batch, and what the machine can do. */
#include "bench.h"

#include <stdio.h>
#include <string.h>

static int machine(const bench *b)
{
    const rondo_roofs *roofs = &b->roofs;
    const int json = strcmp(b->format, "json") == 0;
    const struct {
        const char *name, *label, *unit;
        double value;
    } figures[] = {
        {"fma_gflops", "multiply-add, one thread", "GFLOP/s", roofs->fma_gflops},
        {"l1_gbps", "first cache, one thread", "GB/s", roofs->l1_gbps},
        {"l2_gbps", "second cache, one thread", "GB/s", roofs->l2_gbps},
        {"memory_gbps", "memory, one thread", "GB/s", roofs->memory_gbps},
        {"fma_gflops_all", "multiply-add, all threads", "GFLOP/s", roofs->fma_gflops_all},
        {"memory_gbps_all", "memory, all threads", "GB/s", roofs->memory_gbps_all},
    };
    json_line line;
    json_begin(&line);
    json_word(&line, "isa", rondo_device_isa(b->device));
    json_count(&line, "threads", (uint64_t)rondo_device_threads(b->device));
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        json_number(&line, figures[i].name, figures[i].value);
        if (!json) output_format("%-26s %8.1f %s\n", figures[i].label, figures[i].value, figures[i].unit);
    }
    if (json)
        json_end(&line);
    else
        buffer_free(&line.text);
    return RONDO_OK;
}

/* Every name means a workload, before any is run. */
static int check_names(const invocation *call)
{
    for (size_t k = 0; k < call->files; k++) {
        size_t i = 0;
        while (i < workload_count && !workload_matches(&workloads[i], call->file[k]))
            i++;
        if (i < workload_count) continue;
        char hint[128];
        const char *guess = workload_guess(call->file[k]);
        snprintf(hint, sizeof hint, "%s%s%srondo bench --list names all", guess ? "did you mean " : "",
                 guess ? guess : "", guess ? "? " : "");
        return report_fail(RONDO_BAD_ARGUMENT, hint, "rondo bench: no workload %s", show(call->file[k]).text);
    }
    return RONDO_OK;
}

static int run_named(bench *b, const invocation *call)
{
    for (size_t k = 0; k < call->files; k++)
        for (size_t i = 0; i < workload_count && !output_broken(); i++) {
            rondo_error error = {0};
            figure f;
            if (!workload_matches(&workloads[i], call->file[k])) continue;
            if (bench_measure(b, &workloads[i], &f, &error) != RONDO_OK) return report_error(&error);
            bench_tell(b, &workloads[i], &f);
        }
    return RONDO_OK;
}

static int read_earlier(bench *b)
{
    const char *earlier = text_of(b->options, "compare");
    if (!earlier[0]) return RONDO_OK;
    int status = file_load(earlier, 16 << 20, &b->before);
    if (status == RONDO_OK && !strstr(b->before.text, "\"train_tokens_per_s\":") &&
        !strstr(b->before.text, "\"median_s\":"))
        status = report_fail(RONDO_BAD_DATA, "rondo bench --format json writes it",
                             "%s: holds no result of rondo bench", show(earlier).text);
    return status;
}

/* With the roofs of the same process beside the figures. */
static int run_on_device(bench *b, const invocation *call)
{
    rondo_error error = {0};
    int status = device_open(b->options, &b->device);
    const int sweeps = !call->files && !flag_of(b->options, "machine") && !flag_of(b->options, "by-length");
    if (status == RONDO_OK && !sweeps && rondo_machine(b->device, &b->roofs, &error) != RONDO_OK)
        status = report_error(&error);
    if (status == RONDO_OK)
        status = flag_of(b->options, "machine") ? machine(b)
                 : flag_of(b->options, "by-length")  ? bench_scan(b, call)
                 : call->files                  ? run_named(b, call)
                                                : bench_sweep(b, call);
    rondo_device_close(b->device);
    return status;
}

int run_bench(invocation *call)
{
    bench b = {.format = flag_of(call->options, "json") ? "json" : text_of(call->options, "format"),
               .seconds = number_of(call->options, "max-time")};
    rondo_error error = {0};
    if (strcmp(b.format, "kenlm") == 0)
        return report_fail(RONDO_BAD_ARGUMENT, NULL,
                           "--format: rondo bench writes text, md, csv or json, found \"kenlm\"");
    int status = check_names(call);
    if (status == RONDO_OK && flag_of(call->options, "list")) {
        bench_list(&b);
        return RONDO_OK;
    }
    if (status == RONDO_OK && rondo_options_copy(call->options, &b.options, &error) != RONDO_OK)
        status = report_error(&error);
    if (status == RONDO_OK) status = read_earlier(&b);
    if (status == RONDO_OK) status = run_on_device(&b, call);
    rondo_options_free(b.options);
    buffer_free(&b.before);
    return status == RONDO_OK && b.slower ? RONDO_NO : status;
}
