# SPDX-License-Identifier: Apache-2.0
"""Trains the digits example and exports it as QONNX: a 64-32-32-10 quantized MLP.

Quantization-aware training in plain numpy. The forward pass computes what the exported graph
computes: 4-bit weights with one scale per output channel (largest magnitude / 7, so nothing
clips), batch normalization, ReLU, 4-bit unsigned activations. The backward pass is the usual
straight-through estimator: rounding has derivative 1, clipping derivative 0. Activation scales
are learned with the step-size gradient of LSQ (Esser et al., "Learned Step Size Quantization",
ICLR 2020). The loss is the squared hinge, one class against the rest, optimised with Adam.

Reproducible bit for bit, also across CPUs and BLAS libraries: training would amplify a single
different last bit, and BLAS sums in an order that depends on the machine. So every sum is exact,
and then order cannot matter. Layer accumulators are sums of products of small integers; whatever
enters a sum in the backward pass is first rounded to a multiple of 2^-32 and is below 2^8
(checked), so with at most 32 terms weighted by at most 16 no sum needs more than 49 of float64's
53 bits. All else is elementwise + - * / and sqrt, which IEEE 754 defines to the last bit; exp,
log and pow, which it does not, are not used (hence the hinge). The random numbers are uniform
ones and permutations of PCG64.
"""

import argparse
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.datasets import load_digits

import evaluate

SEED = 1998
HELD_OUT = 300
LAYERS = (64, 32, 32, 10)
BATCH = 32
EPOCHS = 150
LEARNING_RATE = 2e-3
BN_EPSILON = float(np.float32(1e-5))
BN_MOMENTUM = 0.05
WEIGHT_MAX = 7  # 4 bits, signed, narrow: -7..7
ACT_MAX = 15  # 4 bits, unsigned
BIAS_BITS, BIAS_MAX = 8, 127
GRID = 2.0**32
GRID_LIMIT = 2.0**8


def on_grid(v):
    """Rounds to multiples of 2^-32, so that sums of these values are exact."""
    if np.max(np.abs(v)) >= GRID_LIMIT:
        raise OverflowError("a gradient left the range in which sums are exact")
    return np.rint(v * GRID) / GRID


def weight_scale(weight):
    return np.max(np.abs(weight), axis=0) / WEIGHT_MAX


class Adam:
    """Adam over a dict of arrays; running powers of the betas replace pow()."""

    def __init__(self, params, beta1=0.9, beta2=0.999):
        self.first = {k: np.zeros_like(v) for k, v in params.items()}
        self.second = {k: np.zeros_like(v) for k, v in params.items()}
        self.beta1, self.beta2 = beta1, beta2
        self.power1 = self.power2 = 1.0

    def step(self, params, grads, rate):
        self.power1 *= self.beta1
        self.power2 *= self.beta2
        for key, grad in grads.items():
            self.first[key] = self.beta1 * self.first[key] + (1 - self.beta1) * grad
            self.second[key] = self.beta2 * self.second[key] + (1 - self.beta2) * grad * grad
            mean = self.first[key] / (1 - self.power1)
            spread = np.sqrt(self.second[key] / (1 - self.power2))
            params[key] = params[key] - rate * mean / (spread + 1e-8)


def initial_params(rng):
    params = {}
    for i, (fan_in, fan_out) in enumerate(zip(LAYERS, LAYERS[1:])):
        bound = np.sqrt(3.0 / fan_in)
        params[f"fc{i}.weight"] = (2 * rng.random((fan_in, fan_out)) - 1) * bound
        if i < len(LAYERS) - 2:
            params[f"bn{i}.gamma"] = np.ones(fan_out)
            params[f"bn{i}.beta"] = np.zeros(fan_out)
            params[f"act{i}.scale"] = np.array(0.2)  # BN output reaches about 3 = 15 * 0.2
        else:
            params[f"fc{i}.bias"] = np.zeros(fan_out)
    return params


def forward(params, stats, pixels):
    """One training batch. Returns the logits and what backward() needs, layer by layer.

    Activations travel as integers q with their scale; `acc` is therefore an exact integer.
    `stats` holds the running mean and variance of each BatchNorm's input and is updated."""
    q, q_scale, saved = pixels, 1.0, []
    n = len(pixels)
    for i in range(len(LAYERS) - 2):
        weight = params[f"fc{i}.weight"]
        w_scale = weight_scale(weight)
        w_int = np.rint(weight / w_scale)
        acc = q @ w_int
        total = np.sum(acc, axis=0)
        variance = (n * np.sum(acc * acc, axis=0) - total * total) / (n * n)
        unit = q_scale * w_scale  # one step of acc in real terms
        mean, variance = unit * (total / n), unit * unit * variance
        for key, batch_value in ((f"bn{i}.mean", mean), (f"bn{i}.var", variance)):
            stats[key] = (1 - BN_MOMENTUM) * stats[key] + BN_MOMENTUM * batch_value
        inv_std = 1 / np.sqrt(variance + BN_EPSILON)
        normal = (acc * unit - mean) * inv_std
        y = params[f"bn{i}.gamma"] * normal + params[f"bn{i}.beta"]
        v = np.maximum(y, 0) / params[f"act{i}.scale"]
        q_next = np.rint(np.minimum(v, ACT_MAX))
        saved.append((q, q_scale, w_int, w_scale, inv_std, normal, v, q_next))
        q, q_scale = q_next, params[f"act{i}.scale"]
    last = len(LAYERS) - 2
    w_scale = weight_scale(params[f"fc{last}.weight"])
    w_int = np.rint(params[f"fc{last}.weight"] / w_scale)
    bias = params[f"fc{last}.bias"]
    b_scale = max(np.max(np.abs(bias)) / BIAS_MAX, 1e-8)
    logits = (q @ w_int) * (q_scale * w_scale) + np.rint(bias / b_scale) * b_scale
    saved.append((q, q_scale, w_int, w_scale))
    return logits, saved


def backward(params, saved, grad):
    """Gradients of all parameters, given the gradient of the loss with respect to the logits."""
    grads = {}
    last = len(LAYERS) - 2
    grad = on_grid(grad)
    q, q_scale, w_int, w_scale = saved[last]
    grads[f"fc{last}.bias"] = np.sum(grad, axis=0)
    grads[f"fc{last}.weight"] = (q.T @ grad) * q_scale
    grad = on_grid(grad * w_scale) @ w_int.T
    for i in reversed(range(last)):
        q, q_scale, w_int, w_scale, inv_std, normal, v, q_out = saved[i]
        n = len(q)
        # LSQ: inside the range the output moves with rounding error, above it with the maximum.
        step = np.where(v >= ACT_MAX, ACT_MAX, q_out - v)
        grads[f"act{i}.scale"] = np.sum(on_grid(grad * step)) / np.sqrt(v.size * ACT_MAX)
        grad = on_grid(np.where((v > 0) & (v < ACT_MAX), grad, 0.0))
        grads[f"bn{i}.beta"] = np.sum(grad, axis=0)
        grads[f"bn{i}.gamma"] = np.sum(on_grid(grad * normal), axis=0)
        common = grads[f"bn{i}.beta"] / n + normal * (grads[f"bn{i}.gamma"] / n)
        grad = on_grid((grad - common) * params[f"bn{i}.gamma"] * inv_std)
        grads[f"fc{i}.weight"] = (q.T @ grad) * q_scale
        if i > 0:  # the pixels need no gradient
            grad = on_grid(grad * w_scale) @ w_int.T
    return grads


def train(x, labels, rng, epochs):
    params = initial_params(rng)
    stats = {}
    for i, width in enumerate(LAYERS[1:-1]):
        stats[f"bn{i}.mean"], stats[f"bn{i}.var"] = np.zeros(width), np.ones(width)
    optimizer = Adam(params)
    targets = np.where(labels[:, None] == np.arange(LAYERS[-1]), 1.0, -1.0)
    batches = len(x) // BATCH
    done, total = 0, epochs * batches
    for epoch in range(epochs):
        order = rng.permutation(len(x))
        right = 0
        for b in range(batches):
            pick = order[b * BATCH : (b + 1) * BATCH]
            logits, saved = forward(params, stats, x[pick])
            right += int(np.sum(np.argmax(logits, axis=1) == labels[pick]))
            slack = np.maximum(1 - targets[pick] * logits, 0)
            grads = backward(params, saved, -2 * targets[pick] * slack)
            optimizer.step(params, grads, LEARNING_RATE * (1 - done / total))
            done += 1
        if (epoch + 1) % 25 == 0:
            print(f"epoch {epoch + 1}: batch accuracy {right / (batches * BATCH):.2%}")
    return params, stats


def build_model(params, stats):
    """The trained network as an ONNX model in the QONNX dialect."""
    nodes, tensors = [], []

    def constant(name, value):
        tensors.append(numpy_helper.from_array(np.asarray(value, dtype=np.float32), name))
        return name

    def node(op, name, inputs, **attributes):
        nodes.append(helper.make_node(op, inputs, [f"{name}.out"], name=name, **attributes))
        return f"{name}.out"

    def quant(name, value, scale, bits, signed, narrow):
        inputs = [value, constant(f"{name}.scale", scale)]
        inputs += [constant(f"{name}.zero_point", 0), constant(f"{name}.bits", bits)]
        flags = {"signed": signed, "narrow": narrow, "rounding_mode": "ROUND"}
        return node("Quant", name, inputs, domain=evaluate.QUANT_DOMAIN, **flags)

    value = quant("input_quant", "pixels", 1, bits=5, signed=0, narrow=0)
    last = len(LAYERS) - 2
    for i in range(last + 1):
        weight = params[f"fc{i}.weight"]
        scale = weight_scale(weight)[None, :]  # [1, outputs]
        name = constant(f"fc{i}.weight", weight)
        name = quant(f"fc{i}.weight_quant", name, scale, bits=4, signed=1, narrow=1)
        value = node("MatMul", f"fc{i}", [value, name])
        if i < last:
            constants = [constant(f"bn{i}.{k}", params[f"bn{i}.{k}"]) for k in ("gamma", "beta")]
            constants += [constant(f"bn{i}.{k}", stats[f"bn{i}.{k}"]) for k in ("mean", "var")]
            bn = [value] + constants
            value = node("BatchNormalization", f"bn{i}", bn, epsilon=BN_EPSILON)
            value = node("Relu", f"relu{i}", [value])
            scale = params[f"act{i}.scale"]
            value = quant(f"act{i}_quant", value, scale, bits=4, signed=0, narrow=0)
    bias = params[f"fc{last}.bias"]
    name = constant(f"fc{last}.bias", bias)
    scale = np.max(np.abs(bias)) / BIAS_MAX
    name = quant(f"fc{last}.bias_quant", name, scale, bits=BIAS_BITS, signed=1, narrow=0)
    node("Add", f"fc{last}.add", [value, name])
    nodes[-1].output[0] = "logits"

    graph = helper.make_graph(
        nodes,
        "digits",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", LAYERS[0]])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", LAYERS[-1]])],
        tensors,
    )
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid(evaluate.QUANT_DOMAIN, 1)]
    return helper.make_model(
        graph, opset_imports=opsets, ir_version=7, producer_name="millrace examples/digits"
    )


def main():
    parser = argparse.ArgumentParser(description="Train and export the digits example.")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder to write into")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)

    rng = np.random.Generator(np.random.PCG64(SEED))
    digits = load_digits()
    order = rng.permutation(len(digits.data))
    x, y = digits.data[order], digits.target[order].astype(np.int64)
    train_x, train_y, test_x, test_y = x[HELD_OUT:], y[HELD_OUT:], x[:HELD_OUT], y[:HELD_OUT]

    params, stats = train(train_x, train_y, rng, args.epochs)
    model = build_model(params, stats)
    onnx.checker.check_model(model)
    path = args.out / "digits.onnx"
    path.write_bytes(model.SerializeToString(deterministic=True))

    # From here on only the file counts, read back and evaluated by independent code.
    model = onnx.load(path)
    train_logits, _ = evaluate.run(model, train_x)
    logits, margins = evaluate.run(model, test_x)
    np.save(args.out / "digits_x.npy", test_x.astype(np.float32))
    np.save(args.out / "digits_y.npy", test_y)
    np.save(args.out / "digits_logits.npy", logits.astype(np.float32))
    for name, outputs, labels in (("train", train_logits, train_y), ("test", logits, test_y)):
        right = int(np.sum(np.argmax(outputs, axis=1) == labels))
        print(f"{name}: {right}/{len(labels)} = {right / len(labels):.2%}")
    print(f"nearest rounding boundary on the test samples: {min(margins.values()):.3g} steps")


if __name__ == "__main__":
    main()
