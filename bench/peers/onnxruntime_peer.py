#!/usr/bin/env python3
"""ONNX Runtime on the workloads of rondo bench that only use a model: batches, one sequence, one state step by step.
Inputs and outputs are bound once. (Not named onnxruntime.py: it would import itself.)"""
import numpy
import onnx
import onnxruntime
import peer
from onnx import TensorProto, helper, numpy_helper

VERSION = "onnxruntime " + onnxruntime.__version__
OPERATORS = {"lstm": ("LSTM", 4), "gru": ("GRU", 3), "rnn": ("RNN", 1)}


def build(w, streams):
    """A model of the layers of a workload; with its states as inputs and outputs when it streams."""
    op, gates = OPERATORS[w["cell"]]
    hidden, directions, scale = w["hidden_size"], w["directions"], w["hidden_size"] ** -0.5
    draw = numpy.random.default_rng(1)
    nodes, constants, inputs, outputs = [], [], [], []
    shape = [w["seq_len"], w["batch_size"], w["input_size"]]
    inputs.append(helper.make_tensor_value_info("x", TensorProto.FLOAT, shape))
    states = ["h", "c"][:2 if op == "LSTM" else 1]
    name, width = "x", w["input_size"]
    for layer in range(w["num_layers"]):
        for key, dims in (("w", (directions, gates * hidden, width)), ("r", (directions, gates * hidden, hidden)),
                          ("b", (directions, 2 * gates * hidden))):
            constants.append(numpy_helper.from_array(draw.uniform(-scale, scale, dims).astype(numpy.float32), f"{key}{layer}"))
        given = [f"{s}{layer}" for s in states] if streams else []
        taken = [f"{s}{layer}_next" for s in states] if streams else []
        for s in given:
            inputs.append(helper.make_tensor_value_info(s, TensorProto.FLOAT, [directions, w["batch_size"], hidden]))
        for s in taken:
            outputs.append(helper.make_tensor_value_info(s, TensorProto.FLOAT, [directions, w["batch_size"], hidden]))
        more = {"linear_before_reset": 1} if op == "GRU" else {}
        nodes.append(helper.make_node(op, [name, f"w{layer}", f"r{layer}", f"b{layer}", ""] + given,
                                      [f"y{layer}"] + taken, hidden_size=hidden,
                                      direction="bidirectional" if directions == 2 else "forward", **more))
        last = layer + 1 == w["num_layers"]
        if directions == 1:  # [T, 1, B, H] to [T, B, H]
            constants.append(numpy_helper.from_array(numpy.array([1], numpy.int64), f"axis{layer}"))
            nodes.append(helper.make_node("Squeeze", [f"y{layer}", f"axis{layer}"], ["y" if last else f"z{layer}"]))
        else:
            constants.append(numpy_helper.from_array(numpy.array([0, 0, -1], numpy.int64), f"shape{layer}"))
            nodes.append(helper.make_node("Transpose", [f"y{layer}"], [f"t{layer}"], perm=[0, 2, 1, 3]))
            nodes.append(helper.make_node("Reshape", [f"t{layer}", f"shape{layer}"], ["y" if last else f"z{layer}"]))
        name, width = f"z{layer}", hidden * directions
    outputs.insert(0, helper.make_tensor_value_info("y", TensorProto.FLOAT, [w["seq_len"], w["batch_size"], width]))
    graph = helper.make_graph(nodes, "bench", inputs, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)


def session(model, threads):
    """With the settings that are best for one model alone on the machine."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def narrow(model):
    """int8 weights by the dynamic quantization of ONNX Runtime; as bytes."""
    import os
    import tempfile

    from onnxruntime.quantization import QuantType, quantize_dynamic
    with tempfile.TemporaryDirectory() as folder:
        before, after = os.path.join(folder, "f32.onnx"), os.path.join(folder, "int8.onnx")
        onnx.save(model, before)
        quantize_dynamic(before, after, per_channel=True, weight_type=QuantType.QInt8)
        with open(after, "rb") as file:
            return file.read()


def value(array):
    """An array that lies where ONNX Runtime reads and writes it."""
    return onnxruntime.OrtValue.ortvalue_from_numpy(array)


def prepare(w, _variant, threads):
    """The call to measure."""
    streams = w["kind"] == "stream"
    if w["kind"] not in ("score", "stream") or w["cell"] not in OPERATORS or w["settings"] or w["ragged"] or w["weights"] == "bf16":
        return None
    model = build(w, streams)
    run = session(narrow(model) if w["weights"] == "int8" else model.SerializeToString(), threads)
    draw = numpy.random.default_rng(2)
    shape = (w["seq_len"], w["batch_size"], w["input_size"])
    inputs = [value(draw.standard_normal(shape).astype(numpy.float32)) for _ in range(64 if streams else 1)]
    names = [i.name for i in run.get_inputs() if i.name != "x"]
    state = (w["directions"], w["batch_size"], w["hidden_size"])
    values = [{n: value(numpy.zeros(state, numpy.float32)) for n in names} for _ in range(2)]
    y = value(numpy.zeros(tuple(run.get_outputs()[0].shape), numpy.float32))
    bindings = []
    for odd in (0, 1):  # a state is read where the step before wrote it
        for x in inputs:
            binding = run.io_binding()
            binding.bind_ortvalue_input("x", x)
            binding.bind_ortvalue_output("y", y)
            for n in names:
                binding.bind_ortvalue_input(n, values[odd][n])
                binding.bind_ortvalue_output(n + "_next", values[1 - odd][n])
            bindings.append(binding)
    order = [bindings[(i % 2) * len(inputs) + i % len(inputs)] for i in range(2 * len(inputs))]
    at = [0]

    def once():
        run.run_with_iobinding(order[at[0] % len(order)])
        at[0] += 1
    return once


if __name__ == "__main__":
    peer.run(__doc__, "onnxruntime", VERSION, prepare)
