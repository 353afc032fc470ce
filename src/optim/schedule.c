/* Every schedule is a factor on --lr; warm-up is a line up to it and comes before any. */
#include "optim/schedule.h"

#include "base/numeric.h"

#include <inttypes.h>
#include <string.h>

#define PI 3.14159265358979323846

/* Powers by repeated products: 0.5 to the n without libm. */
static double power(double b, uint64_t k)
{
    double result = 1;
    for (; k > 0; k >>= 1, b *= b)
        if (k & 1) result *= b;
    return result;
}

/* How much of the run after warm-up is over, 0 to 1. */
static double progress(const rd_schedule *s, uint64_t step)
{
    if (s->total <= s->warmup || step <= s->warmup) return 0;
    double part = (double)(step - s->warmup) / (double)(s->total - s->warmup);
    return part < 1 ? part : 1;
}

static double constant(const rd_schedule *s, uint64_t step, uint64_t epoch)
{
    (void)s, (void)step, (void)epoch;
    return 1;
}

static double stairs(const rd_schedule *s, uint64_t step, uint64_t epoch)
{
    (void)step;
    return epoch < s->from ? 1 : power(s->gamma, 1 + (epoch - s->from) / s->every);
}

static double plateau(const rd_schedule *s, uint64_t step, uint64_t epoch)
{
    (void)step, (void)epoch;
    return power(0.25, s->drops);
}

static double cosine(const rd_schedule *s, uint64_t step, uint64_t epoch)
{
    (void)epoch;
    return (1 + rd_cos64(PI * progress(s, step))) / 2;
}

static double linear(const rd_schedule *s, uint64_t step, uint64_t epoch)
{
    (void)epoch;
    return 1 - progress(s, step);
}

static const struct {
    const char *name;
    double (*factor)(const rd_schedule *s, uint64_t step, uint64_t epoch);
} kinds[] = {[RD_SCHEDULE_CONST] = {"const", constant},
             [RD_SCHEDULE_STEP] = {"step", stairs},
             [RD_SCHEDULE_PLATEAU] = {"plateau", plateau},
             [RD_SCHEDULE_COSINE] = {"cosine", cosine},
             [RD_SCHEDULE_LINEAR] = {"linear", linear}};

void rd_schedule_init(rd_schedule *schedule, const rondo_options *options, uint64_t batches, uint64_t total)
{
    (void)batches;
    *schedule = (rd_schedule){.kind = RD_SCHEDULE_CONST,
                              .rate = rd_option_number(options, RD_OPT_lr),
                              .gamma = rd_option_number(options, RD_OPT_lr_gamma),
                              .every = (uint64_t)rd_option_integer(options, RD_OPT_lr_step_epochs),
                              .from = (uint64_t)rd_option_integer(options, RD_OPT_lr_from_epoch),
                              .warmup = (uint64_t)rd_option_integer(options, RD_OPT_warmup),
                              .total = total};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (rd_option_is(options, RD_OPT_lr_schedule, kinds[i].name)) schedule->kind = (rd_schedule_kind)i;
}

double rd_schedule_at(const rd_schedule *schedule, uint64_t step, uint64_t epoch)
{
    if (step < schedule->warmup) return schedule->rate * (double)(step + 1) / (double)schedule->warmup;
    return schedule->rate * kinds[schedule->kind].factor(schedule, step, epoch);
}

void rd_schedule_evaluated(rd_schedule *schedule, int improved)
{
    if (schedule->kind == RD_SCHEDULE_PLATEAU && !improved) schedule->drops++;
}

void rd_schedule_write(const rd_schedule *schedule, rd_text *text)
{
    rd_text_format(text, "schedule_drops = %" PRIu64 "\n", schedule->drops);
}

int rd_schedule_read(rd_schedule *schedule, const rd_pair *pair)
{
    int64_t drops;
    if (pair->name_size != 14 || memcmp(pair->name, "schedule_drops", 14) != 0) return 0;
    if (!rd_parse_integer(pair->value, pair->value_size, &drops) || drops < 0) return 0;
    schedule->drops = (uint64_t)drops;
    return 1;
}
