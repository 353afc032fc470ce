/* A layer is a row of functions over whole packed sequences. It owns no memory that changes: parameters live in the
 * model's flat arrays, activations in a frame (one per model and mode of use, one per rondo_state), so one const layer
 * can serve several frames at a time. Forward walks the list of layers, backward walks it in reverse and *adds*
 * into the gradient of each input. */
#ifndef RD_LAYER_H
#define RD_LAYER_H

#include "base/arena.h"
#include "base/rng.h"
#include "kernels/kernels.h"
#include "sequence/batch.h"

enum { RD_MAX_INPUTS = 16, RD_MAX_LAYER_PARAMS = 24, RD_NAME = 64 };

/* What a value is; settled when the list is built. */
typedef struct rd_shape {
    size_t part;       /* which part of the batch its rows follow */
    size_t inside;     /* 0, or 1 + the part whose rows are the sequences of `part` (characters inside words): a row a
                          sequence is then a row of that part */
    int per_sequence;  /* 0: a row a packed row; 1: a row a sequence, in the caller's order */
    size_t width;      /* numbers a row; for symbols: the size of their vocabulary */
    int symbols;       /* 1: rows are symbols below `width`; reading layers gather, they never multiply */
    int final;         /* 1: the layer's state begins with `width` numbers that are its output after the last step it
                          walks (recurrent layers set it); `last` then reads the final state, so an empty sequence
                          gives its initial state */
    size_t state;      /* numbers of that state, where there is one */
} rd_shape;

/* Where a value lies in one frame. Row stride is `stride` numbers. */
typedef struct rd_value {
    rd_real *data;          /* [n][stride]; NULL for symbols */
    rd_real *grad;          /* [n][stride] added to by readers in backward; NULL when nobody needs it */
    const int32_t *symbols; /* [n] for symbols */
    size_t stride;
    rd_real *final;         /* [sequences][final_stride] the layer's final state of this forward; NULL: it has none */
    rd_real *d_final;       /* the same for the gradient by it, added to by readers; reaches the layer as call->d_final */
    size_t final_stride;
} rd_value;

typedef enum rd_init {
    RD_INIT_ZERO = 0,
    RD_INIT_INPUT,      /* --init glorot|uniform|normal; fan of one gate block */
    RD_INIT_RECURRENT,  /* --init-recurrent orthogonal|identity|input, per square gate block */
    RD_INIT_BIAS,       /* 0 (uniform ±1/√H with --preset pytorch) */
    RD_INIT_FORGET,     /* bias of all gates, the block `forget_gate` gets --forget-bias */
    RD_INIT_EMBEDDING,  /* N(0, 1/√width) */
    RD_INIT_ONE         /* gains of layer norm */
} rd_init;

typedef struct rd_param {
    char name[RD_NAME];       /* "weight_ih_l0": what stands after the layer's prefix in files */
    size_t rows, columns;     /* rank 1 when columns == 0 */
    rd_init init;
    size_t blocks;            /* gate blocks along rows, at least 1: initialised one by one */
    int forget_gate;          /* index of the block that gets the forget bias, or −1 */
    size_t offset;            /* in the flat arrays, set by the model */
    int shared;               /* 1: a view of another layer's parameter (tied); owns no place of its own */
    int frozen;               /* 1: no gradient is added, no update made: it stands behind all that learn */
} rd_param;

typedef struct rd_layer rd_layer;

/* A node of the model text, parsed: `name = kind(args, key=value, …)`. */
typedef struct rd_setting { char key[RD_NAME]; char value[RD_NAME * 4]; int used; } rd_setting;
typedef struct rd_node {
    char name[RD_NAME], kind[RD_NAME];
    size_t line;
    char input[RD_MAX_INPUTS][RD_NAME]; size_t inputs;
    rd_setting setting[48];              size_t settings;
    char asked[1024];         /* the keys that rd_setting_ functions asked for, each ended by a space */
} rd_node;

/* Settings are read (and marked used) with these; what no one reads is refused by the model with its line. Choices
 * are separated by '|'; the index of the one found comes back. Errors: "LINE: setting "size" of "h1": …". */
rondo_status rd_setting_size(rd_node *node, const char *key, size_t fallback, size_t low, size_t high, size_t *value,
                             rondo_error *error);
rondo_status rd_setting_number(rd_node *node, const char *key, double fallback, double low, double high,
                               double *value, rondo_error *error);
rondo_status rd_setting_flag(rd_node *node, const char *key, int fallback, int *value, rondo_error *error);
rondo_status rd_setting_choice(rd_node *node, const char *key, const char *choices, size_t fallback, size_t *value,
                               rondo_error *error);
const char *rd_setting_text(rd_node *node, const char *key); /* NULL when absent; marks it used */

/* One forward or backward of one layer in one frame. */
typedef struct rd_call {
    const rondo_device *device;
    rondo_mode mode;
    uint64_t seed, step;            /* with the layer's index and the row: key of masks and noise; the same in backward */
    uint64_t first_sequence;        /* of the batch; variational masks are keyed by first_sequence + sequence */
    const rondo_pack *const *packs; /* by part index */
    size_t sequences;
    const size_t *given;            /* [sequences] which sequence of the parts given before each one goes with, or NULL: its own */
    int again;                      /* 1: one more step beside the same given parts: what `memory` holds of them is still right */
    const rd_value *in[RD_MAX_INPUTS];
    const rd_value *out;
    /* states, [sequences][layer->state_width] in the caller's order, stride = state_stride */
    size_t state_stride;
    const rd_real *start;           /* carried initial state, or NULL: the layer's own --init-state */
    const unsigned char *fresh;     /* [sequences] 1: start afresh though `start` is given; or NULL */
    rd_real *final;                 /* receives final states, or NULL; may be the memory of `start` */
    const rd_real *d_final;         /* gradient of the loss by the final states, or NULL */
    rd_real *d_start;               /* receives (overwritten) the gradient by `start`, or NULL */
    unsigned char *memory;          /* the layer's own region of this frame, memory(layer, limits) bytes, 64-aligned */
    unsigned char *work;            /* its first bytes, when they lie apart (ops->narrow) and hold nothing between forward and backward; or NULL */
    uint16_t *narrow;               /* with `work`: what forward leaves for backward, in bf16 */
    const rd_real *packed;          /* the layer's panels, made by pack() from the present parameters */
    const rd_real *params;          /* flat parameters and gradients of the model */
    rd_real *grads;                 /* NULL in use */
    void (*trace)(void *user, const rd_layer *layer, size_t step, size_t rows, const rd_real *gates, size_t stride);
    void *trace_user;
} rd_call;

/* The largest call a frame must hold. */
typedef struct rd_limits_of_call {
    size_t rows, steps, sequences; /* of the layer's part */
    size_t memory_rows, memory_steps, memory_sequences; /* of the second input's, for layers that read two parts */
    rondo_mode mode;
} rd_limits_of_call;

typedef struct rd_layer_ops {
    const char *kind, *help;   /* "lstm", one sentence */
    size_t min_inputs, max_inputs;
    /* Reads the settings, checks the shapes in layer->in, sets layer->out, state_width, streams, own, and declares
     * parameters with rd_layer_param. `own` is allocated with rd_alloc and freed by release. */
    rondo_status (*build)(rd_layer *layer, rd_node *node, rondo_error *error);
    size_t (*packed_numbers)(const rd_layer *layer, const rd_kernels *kernels); /* NULL: none */
    void (*pack)(const rd_layer *layer, const rondo_device *device, const rd_real *params, rd_real *packed);
    rondo_status (*memory)(const rd_layer *layer, const rondo_device *device, const rd_limits_of_call *limits, size_t *bytes, rondo_error *error); /* NULL: none */
    /* --saved bf16, for layers that set `narrows`: of the bytes of memory() how many can be call->work, and what call->narrow takes. */
    void (*narrow)(const rd_layer *layer, const rondo_device *device, const rd_limits_of_call *limits, size_t *work, size_t *narrow);
    void (*forward)(const rd_layer *layer, const rd_call *call);
    void (*backward)(const rd_layer *layer, const rd_call *call); /* adds into call->in[i]->grad (if not NULL) and call->grads */
    void (*start)(const rd_layer *layer, const rd_real *params, rd_real *state); /* initial state of use, [state_width]; NULL: zero */
    void (*release)(rd_layer *layer); /* frees own; NULL when there is none */
    const struct rd_step_ops *step;   /* one step of one sequence (layers/step.h); NULL: forward with one row */
} rd_layer_ops;

struct rd_layer {
    const rd_layer_ops *ops;
    char name[RD_NAME];
    size_t index;             /* in the list */
    size_t line;
    size_t inputs, training_inputs;       /* the last `training_inputs` of them are read in training only */
    size_t source[RD_MAX_INPUTS];         /* index of the layer or part that gives input i (parts first) */
    rd_shape in[RD_MAX_INPUTS], out;
    rd_param param[RD_MAX_LAYER_PARAMS]; size_t params;
    char prefix[RD_NAME];     /* of its tensors in files, "rnn." or "h1." */
    const rd_layer *tied;     /* the layer whose parameter 0 this one views, or NULL */
    size_t state_width;       /* numbers a sequence carries from window to window; 0: none */
    int streams;              /* 1: can go on step by step (not reverse, not pooling) */
    int in_place;             /* 1: the identity in use (dropout, noise): the value is then the input's own and forward
                                 is called in training only */
    /* What backward does without, so that a frame may give the place to others; 0 is always right. */
    int forgets_inputs;       /* 1: it never reads the numbers of its inputs */
    int forgets_output;       /* 1: it never reads those of its output */
    int reads_final;          /* 1: of inputs with `final` it reads the final state, never the rows, and adds to d_final */
    int repeats;              /* 1: forward, run again in training from the same inputs and start, leaves the same bits in
                                 its memory, so that a frame need not keep it till backward */
    size_t units;             /* 1 + the parameter that has, for each output, the unit in which a loss measures its differences; 0: none */
    int narrows;              /* 1: backward can do with bf16 numbers of what forward saved (ops->narrow) */
    void *own;
};

/* Declares a parameter; gives its index. */
size_t rd_layer_param(rd_layer *layer, const char *name, size_t rows, size_t columns, rd_init init, size_t blocks);
const rd_real *rd_param_value(const rd_layer *layer, const rd_call *call, size_t param);
rd_real *rd_param_grad(const rd_layer *layer, const rd_call *call, size_t param); /* NULL in use */
/* Numbers of its state that are carried from batch to batch; sequences inside a row of another part begin afresh. */
size_t rd_layer_carries(const rd_layer *layer);
/* The sequence of another part, given before, that sequence i goes with. */
static inline size_t rd_call_given(const rd_call *call, size_t i)
{
    return call->given ? call->given[i] : i;
}
/* Rows of a value of this shape in this call. */
size_t rd_shape_rows(const rd_shape *shape, const rd_call *call);
/* The key of this layer's random numbers in this call; sub < 2^48. */
rd_key rd_call_key(const rd_layer *layer, const rd_call *call, rd_stream_kind kind, uint64_t sub);

/* All kinds, ended by NULL. */
extern const rd_layer_ops *const rd_layers[];

#endif
