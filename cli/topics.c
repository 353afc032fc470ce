/* The topics of `rondo help TOPIC`. */
#include "cli.h"

/* clang-format off */
static const struct {
    const char *name, *help, *text;
} topics[] = {
{"exit-codes", "what the exit status says",
"Exit statuses\n"
"    0  done; all output written (a reader that went away is no error)\n"
"    1  done, and the answer is no: --fail-under, selftest, gradcheck, bench --compare\n"
"    2  wrong use: command line, configuration, environment\n"
"    3  a data file is damaged, not as declared, or too small\n"
"    4  a model or checkpoint is damaged, too new, or does not fit the command\n"
"    5  the system: open, read, write, disk full, permission\n"
"    6  a limit: memory, size, count, nesting\n"
"    7  numbers: NaN, infinity or divergence; the last good checkpoint stands\n"
"   70  a broken invariant of rondo's own; please report it\n"
"  129, 130, 143  stopped by SIGHUP, SIGINT, SIGTERM, after saving if anything was to be saved\n"},
{"formats", "files that are read and written",
"Formats\n"
"  text     UTF-8; --tokens char|byte|word|bpe:N; one stream, or a sequence a line with --lines\n"
"  csv      a header and columns; --group tells sequences apart, --inputs and --target name columns;\n"
"           regress: numbers are learned; classify: a label for each sequence\n"
"           forecast: time series, a row a step, --time names the column of times\n"
"  tsv      label TAB text (or __label__name text), source TAB target, condition TAB sequence\n"
"  parallel files in pairs, train.en train.de: line n of one belongs to line n of the other\n"
"  conll    one token and its tag a line, an empty line between sentences;  conllu: CoNLL-U\n"
"  table    a label and a sequence among the columns of a row; fasta, jsonl: the same in other words\n"
"  files    a label a file, a text a line;  ts: sequences of numbers with labels;  idx: images\n"
"  audio    lists of FILE.wav TAB label or text, WAV and FLAC files, entries of ZIP archives\n"
"  roll     piano rolls as JSON;  midi: standard MIDI files\n"
"  npy npz  arrays of NumPy: x [sequences, steps, numbers], y, lengths\n"
"  .gz      any of these, packed with gzip\n"
"  a folder, a .zip   the files in it that the reader takes by their suffix; archive.zip:NAME is one of them\n"
"  model    safetensors, with options, vocabulary and list of layers inside; tensors have PyTorch's names\n"
"           where the function is the same\n"
"  MODEL.run   the folder of a training run: checkpoints, metrics.jsonl, options, an event file for TensorBoard\n"
"The reader is chosen by the file's suffix and first bytes; --reader sets it. A file named - is a standard stream.\n"},
{"equations", "what each cell computes",
"Equations (W: input, U: recurrent, ': the step before, *: for each unit, s: the logistic function)\n"
"  rnn         h = tanh(W x + U h' + b)                      --nonlinearity relu: max(0, ...)\n"
"  jordan      p = Wf y' + U x + b, y = f(V q + b), q = tanh(p) or p by --jordan-output\n"
"  gru-simple  u = s(a_u), n = tanh(a_n), h = u * n + (1 - u) * h'\n"
"  gru         r = s(a_r), z = s(a_z), n = tanh(W x + b + r * (U h' + b')), h = (1 - z) * n + z * h'\n"
"              --gru-reset before: n = tanh(W x + U (r * h') + b), h = u * n + (1 - u) * h'\n"
"  lstm        i f o = s(a_i), s(a_f), s(a_o), g = tanh(a_g), c = f * c' + i * g, h = o * tanh(c)\n"
"              --lstm-output linear: h = o * c; --lstm-candidate cell: g reads c'; --peephole, --coupled,\n"
"              --proj-size, --layer-norm, --clip-cell and --clip-preact apply to each form\n"
"  mingru      u = s(W x), n = W x, h = (1 - u) * h' + u * n\n"
"  minlstm     f = s(W x), i = s(W x), n = W x, h = f/(f+i) * h' + i/(f+i) * n\n"
"rondo inspect MODEL --what equations writes them for a model, with its sizes.\n"},
{"tasks", "what can be learned",
"Tasks (--task; what is read, what answers)\n"
"  lm          the next symbol of a text: generate, score\n"
"  classify    a label for each sequence of symbols, numbers or sound; of length 1 too: classify\n"
"  tag         a label for each token, read from CoNLL columns: tag\n"
"  seq2seq     one sequence from another, read from pairs of files or source TAB target: translate\n"
"  transcribe  symbols from sound, or from any longer sequence, by CTC: transcribe\n"
"  forecast    the next steps of time series, read from CSV: forecast\n"
"  conditional sequences for a condition, read from condition TAB sequence: generate --condition\n"
"  frames      the next frame of keys that sound together, read from piano rolls or MIDI: generate -o\n"
"  regress     numbers from sequences of numbers, read from CSV; at the last step of each group, or at every\n"
"              step that has a target: evaluate\n"
"evaluate measures each with metrics of its own, beside a baseline.\n"
"rondo data synth makes data for some: names, reber, brackets (lm), adding, sine (regress), copy (tag).\n"},
{"clipping", "the five things called clipping",
"Clipping\n"
"  --clip X         the norm of all gradients together is brought down to X (PyTorch clip_grad_norm_, Keras\n"
"                   clipnorm for one tensor); below X nothing changes\n"
"  --clip-value X   each gradient is kept within -X..X (char-rnn grad_clip, Keras clipvalue); before the norm\n"
"  --clip-delta X   each gradient of a state, at each step back in time, is kept within -X..X\n"
"  --clip-cell X    not a gradient: the state c of an LSTM is kept within -X..X\n"
"  --clip-preact X  not a gradient: what goes into an activation is kept within -X..X (ONNX clip)\n"
"Clipping tames gradients that explode. It does not bring back those that vanish; gates do.\n"},
{"determinism", "what gives the same bits",
"Determinism\n"
"  The same seed, data, options, binary and kind of processor give the same bytes, with any number of threads.\n"
"  A run that was stopped, by a signal, by kill -9 or by a power cut, and resumed gives the same bytes as one\n"
"  that was never stopped. Budgets (--epochs, --max-steps, --max-time) and --patience may be changed on resume;\n"
"  --max-time ends a run where the clock says, so its length, not its path, depends on the machine.\n"
"  --seed 0 takes a seed from the system and prints it.\n"
"  RONDO_ISA=generic|avx2|avx512|neon chooses the kernels; different ones may round differently.\n"},
};
/* clang-format on */

enum { TOPICS = sizeof topics / sizeof topics[0] };

const char *topic_name(size_t i) { return i < TOPICS ? topics[i].name : NULL; }
const char *topic_text(size_t i) { return i < TOPICS ? topics[i].text : ""; }
const char *topic_help(size_t i) { return i < TOPICS ? topics[i].help : ""; }
