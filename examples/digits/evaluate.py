# SPDX-License-Identifier: Apache-2.0
"""Evaluates a small QONNX network in float64, straight from the ONNX file.

This is the oracle behind digits_logits.npy. It shares no code with train.py: it knows only the
operators' definitions and what the file says, so an export that does not mean what was trained
shows up as a difference in accuracy.

Why float64 is exact enough: every quantized value is an integer times a float32 scale, and only
a rounding step can turn a small error into a visible one. The evaluator therefore measures, for
every Quant, how close any argument came to a rounding boundary (`margin`, in steps of that
quantizer). The float64 error of an argument is below about 1e-12 steps for networks of this
size, so a larger margin means that real arithmetic takes the same integer at every quantizer.
"""

import argparse

import numpy as np
import onnx
from onnx import helper, numpy_helper

QUANT_DOMAIN = "qonnx.custom_op.general"


def quant(x, scale, zero_point, bits, signed, narrow, rounding_mode):
    """QONNX Quant: clamp, round half to even, rescale. Returns the value and its margin."""
    if rounding_mode != "ROUND":
        raise ValueError(f"rounding mode {rounding_mode} is not used by this example")
    bits = float(bits)
    lo = -(2.0 ** (bits - 1)) + narrow if signed else 0.0
    hi = 2.0 ** (bits - 1) - 1 if signed else 2.0**bits - 1 - narrow
    y = x / scale + zero_point
    # Boundaries lie at lo + 1/2, lo + 3/2, ..., hi - 1/2; outside [lo, hi] the nearest is an end.
    nearest = np.clip(np.floor(y), lo, hi - 1) + 0.5
    margin = float(np.min(np.abs(y - nearest)))
    return (np.rint(np.clip(y, lo, hi)) - zero_point) * scale, margin


def batch_norm(x, scale, bias, mean, var, epsilon):
    return scale * (x - mean) / np.sqrt(var + epsilon) + bias


def run(model, x):
    """Returns (outputs in float64, {name of Quant node: margin}) for samples x [n, features]."""
    graph = model.graph
    values = {t.name: numpy_helper.to_array(t).astype(np.float64) for t in graph.initializer}
    (entry,) = [i.name for i in graph.input if i.name not in values]
    values[entry] = np.asarray(x, dtype=np.float64)
    margins = {}
    for node in graph.node:
        attrs = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        args = [values[name] for name in node.input]
        if node.domain == QUANT_DOMAIN and node.op_type == "Quant":
            mode = attrs["rounding_mode"].decode()
            result, margins[node.name] = quant(*args, attrs["signed"], attrs["narrow"], mode)
        elif node.domain == "" and node.op_type == "MatMul":
            result = args[0] @ args[1]
        elif node.domain == "" and node.op_type == "Add":
            result = args[0] + args[1]
        elif node.domain == "" and node.op_type == "Relu":
            result = np.maximum(args[0], 0.0)
        elif node.domain == "" and node.op_type == "BatchNormalization":
            result = batch_norm(*args, attrs["epsilon"])
        else:
            raise ValueError(f"node {node.name}: operator {node.domain}:{node.op_type} unknown")
        values[node.output[0]] = result
    return values[graph.output[0].name], margins


def main():
    parser = argparse.ArgumentParser(description="Evaluate a QONNX MLP in float64.")
    parser.add_argument("model", help="the .onnx file")
    parser.add_argument("x", help="samples, .npy [n, features]")
    parser.add_argument("--labels", help="labels, .npy [n]: print top-1 accuracy")
    parser.add_argument("--output", help="write the outputs as float32 .npy [n, classes]")
    args = parser.parse_args()

    outputs, margins = run(onnx.load(args.model), np.load(args.x))
    for name, margin in margins.items():
        print(f"{name}: nearest rounding boundary {margin:.3g} steps away")
    if args.labels:
        right = int(np.sum(np.argmax(outputs, axis=1) == np.load(args.labels)))
        print(f"top-1: {right}/{len(outputs)} = {right / len(outputs):.2%}")
    if args.output:
        np.save(args.output, outputs.astype(np.float32))


if __name__ == "__main__":
    main()
