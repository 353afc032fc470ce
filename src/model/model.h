/* A model: a short list of layers and losses over named parts; flat parameters; frames. */
#ifndef RD_MODEL_H
#define RD_MODEL_H

#include "layers/layer.h"
#include "layers/scale.h"
#include "losses/loss.h"
#include "model/pieces.h"
#include "options/options.h"
#include "sequence/symbols.h"

enum { RD_MAX_LOSSES = 8 };

/* When a value of the list and its gradient are in use (liveness.h). */
typedef struct rd_life {
    size_t data_last;  /* tick of the last reader */
    size_t grad_first; /* tick at which its gradient is first added to, and zero before; RD_NEVER: it has none */
    int read;          /* 1: by a layer or a loss */
    int wants;         /* 1: something behind it learns */
    int back;          /* 1: the layer's backward runs */
} rd_life;

/* What recurrent layers but the last keep for backward: their gates, these in bf16, or nothing and run forward again. */
typedef enum rd_saved { RD_SAVED_F32 = 0, RD_SAVED_BF16, RD_SAVED_RECOMPUTE } rd_saved;

/* Memory and values of one use of the model: training, evaluation, or one state that streams. */
typedef struct rd_frame {
    rd_arena arena;
    rd_piece *piece; size_t pieces; /* owned: what lies where in the arena, and when */
    rd_life *life;            /* [parts + layers], owned */
    rd_limits_of_call limit[RD_MAX_PARTS];
    rd_value *value;          /* [parts + layers], owned */
    unsigned char **memory;   /* [layers], in the arena */
    struct rd_repeat { unsigned char *memory; rd_real *out, *start; } *repeat; /* [layers] of layers that run forward again before
                                 backward: memory and output of that, and the carried states they started from; NULL elsewhere */
    struct rd_narrow { unsigned char *work, *back; uint16_t *saved; } *narrow; /* [layers] of layers that keep their gates in bf16:
                                 call->work of forward and of backward, and call->narrow; NULL elsewhere */
    rd_real *final, *d_final; /* [sequences][state_width], in the arena */
    struct rd_inner { rd_real *final, *d_final; } *inner; /* [layers] the same, [rows of the part around][layer's state_width], of
                                 layers over a part inside another; NULL elsewhere */
    unsigned char *fresh;     /* [sequences] */
    rd_real *block;           /* a block of rows of an output, on its way through a loss */
    struct rd_loss_rows {
        double *loss, *count; rd_real *scale;             /* [rows] of each loss; of one over sequences [sequences] */
        unsigned char *infeasible, *memory; rd_sequence_limits limits; /* of that: [sequences], and its own */
    } rows[RD_MAX_LOSSES];
    rd_real *logits;          /* of a fused head when somebody wants them in use; owned */
    size_t logits_room;
    size_t bytes;             /* reserved */
    size_t apart;             /* what the same pieces take side by side */
    int keeps, input_grads;   /* as in the model when the arena was handed out */
    rd_saved saved;           /* in the same way */
    rondo_mode mode;
    int streams;              /* 1: of a state: no losses, heads are never fused */
    int stays;                /* 1: some layers run once and others often: every piece keeps a place of its own */
    int ready;                /* 1: limits hold and the arena is handed out */
} rd_frame;

typedef struct rd_loss_node {
    const rd_loss_info *info;
    char name[RD_NAME];
    size_t source;            /* layer that gives the output */
    size_t target;            /* part that holds the targets */
    double weight;
    rd_loss_settings settings, plain; /* in training; in use, without smoothing */
    rd_param param[RD_LOSS_PARAMS]; size_t params; /* of its own, one after the other in the flat arrays */
    int fused;                /* 1: source is a dense head run in blocks of rows together with this loss */
    size_t line;
} rd_loss_node;

struct rondo_model {
    rondo_device *device;     /* lent */
    rondo_options *options;   /* owned copy */
    char *text;               /* owned: the node list */
    char task[RD_NAME];
    rd_symbols *symbols[RD_MAX_PARTS]; /* vocabulary of each part, or NULL; shared */
    struct { char name[RD_PART_NAME]; size_t width, inside; int symbols; } part[RD_MAX_PARTS]; /* inside: as in rd_shape */
    size_t parts;
    rd_layer *layer; size_t layers;    /* owned */
    rd_loss_node loss[RD_MAX_LOSSES]; size_t losses;
    rd_real *params, *grads, *packed;  /* flat, owned, 64-aligned; grads are made by the first TRAIN forward or asked for */
    size_t numbers;                    /* parameters */
    size_t learning;                   /* of these, the first so many learn; the others are frozen */
    rd_row_set rows;                   /* embeddings that read the batch: of their gradients few rows are not 0; made with grads */
    size_t *packed_at;                 /* [layers + 1] where each layer's panels begin, and where they end */
    size_t state_width;                /* sum over layers of what they carry; a state is [sequences][state_width] */
    size_t *state_at;                  /* [layers] column where a layer's state begins */
    uint64_t stamp;                    /* counts rondo_model_changed */
    struct rd_named { const rd_layer *layer; const rd_param *param; char name[2 * RD_NAME]; } *named; /* tensors with a
                                          place of their own; of a loss's, layer is the one it judges; owned */
    size_t tensors;
    int input_grads;                   /* 1: parts of numbers get gradients too, train.value[part].grad; set before forward */
    int keeps;                         /* 1: every value keeps a place of its own till the next forward, for who looks at it later */
    rd_saved saved;                    /* --saved */
    rd_frame train, use;
    rd_weights weights;                /* how single steps keep the weights; params hold the same numbers in f32 */
    const rondo_model *language;       /* lent by rondo_model_language, or NULL */
    uint64_t seed, step;               /* key of masks: the trainer sets step before each forward */
    struct rd_model_run *run;          /* what backward needs from the last forward */
    rondo_coverage coverage;           /* of --embed-file */
    char *info;                        /* "name = value" lines kept in the file: rondo.train */
};

/* The vocabulary of a part, lent; NULL when it holds numbers or the model does not read it. */
rd_symbols *rd_model_symbols(const rondo_model *model, const char *part);

/* What --saved says. */
rd_saved rd_saved_of(const rondo_options *options);

/* ---- building (model_text.c, model.c) */
/* Parses `text` into nodes; origin names it in errors ("model text:LINE:COLUMN: …"). *nodes is freed with rd_free. */
rondo_status rd_model_text_parse(const char *text, const char *origin, rd_node **nodes, size_t *count,
                                 rondo_error *error);
/* The node list that the options describe for a network reading part "x" (symbols or numbers) with a head of `outputs`
 * and the loss named, e.g. "softmax"; pooled: one output a sequence instead of one a row. */
rondo_status rd_model_text_from(const rondo_options *options, const rondo_size *x, size_t outputs, const char *loss,
                                int pooled, rd_text *text, rondo_error *error);
/* rondo_model_new with all parameters 0, for who fills them at once: orthogonal first values take their time. */
rondo_status rd_model_blank(rondo_device *device, const rondo_options *options, const char *text, const rondo_size *sizes,
                            size_t count, rondo_model **model, rondo_error *error);
/* Fills the flat parameters from the options' initialisation, keyed by seed and tensor: independent of order. */
rondo_status rd_model_init(rondo_model *model, uint64_t seed, rondo_error *error);

/* The width that the network's output must have for this loss and targets of this width; options: --quantiles. */
rondo_status rd_model_outputs(const rondo_options *options, const char *loss, size_t target_width, size_t *outputs,
                              rondo_error *error);

/* ---- running */
void rd_model_pack(const rondo_model *model);                            /* remakes panels when stale */
int rd_model_is_packed(const rondo_model *model);
rondo_status rd_model_ready_grads(rondo_model *model, rondo_error *error); /* makes the flat gradients */
/* Marks the rows of model->rows that a step on this batch will read and add to, as a forward in RONDO_TRAIN does. */
void rd_model_mark_rows(const rondo_model *model, const rondo_batch *batch);
/* rondo_model_zero_grad that visits only what may be other than 0, and unmarks all rows. */
void rd_model_zero_marked(rondo_model *model);
/* Gradients by the final states enter (d_final, or NULL) and those by the carried initial states leave (d_start, or
 * NULL), [sequences][state_width]: for gradient checks and windows joined by hand. */
rondo_status rd_model_backward(rondo_model *model, const rondo_batch *batch, const rd_real *d_final, rd_real *d_start,
                               rondo_error *error);
/* The reduced loss of the last rondo_model_loss, all losses with their weights: what backward differentiates. */
double rd_model_objective(const rondo_model *model);
/* The next sequence of the caller, from `from` on, whose target the last rondo_model_loss found infeasible for a ctc
 * loss; SIZE_MAX: none. Valid until the next forward. */
size_t rd_model_infeasible(const rondo_model *model, size_t from);
/* The scores of the model's crf loss, views of its parameters until they change; 0 when it has none. */
int rd_model_crf(const rondo_model *model, rd_crf *crf);
/* Numbers of all packed weights. */
size_t rd_model_packed(const rondo_model *model);
/* The frame of these limits ([parts], mode as in the first): pieces, bytes and apart, but no memory behind them. Freed
 * with rd_frame_free, whether or not this worked. */
void rd_frame_free(rd_frame *frame);
rondo_status rd_model_foresee(const rondo_model *model, const rd_limits_of_call *limits, rd_frame *frame, rondo_error *error);
/* Bytes a frame of these limits ([parts], mode as in the first) needs, without making it. */
rondo_status rd_model_memory(const rondo_model *model, const rd_limits_of_call *limits, size_t *bytes, rondo_error *error);
/* Full name of tensor i of the files: prefix and name; NULL past the end. Tied views are left out. */
const char *rd_model_param_name(const rondo_model *model, size_t i, const rd_layer **layer, const rd_param **param);

/* ---- states */
struct rondo_state {
    const rondo_model *model;
    size_t sequences;
    rd_real *numbers;          /* [sequences][state_width] */
    unsigned char *fresh;      /* [sequences] 1: begins afresh at the next forward */
    rd_frame frame;            /* of its own, for rondo_step: one step, `sequences` rows */
    rd_pack_store pack;
    struct rd_stepper *stepper; /* of one sequence; NULL: a forward of one step */
};

#endif
