"""Kernels in PyTorch at the shapes of 'mmrr bench', as far as torch_gpu.py does not time them: convolutions, the mask by forty sweeps of bisection, group
normalisation with ReLU.

    python3 torch_kernels.py [--batch 64] [--mask-levels 15]

Prints a line of key=value figures for each case and mode (fp32; for convolutions also tf32 with channels last), as torch_gpu.py does. Best of five medians
of events. Not yet run on a GPU.
"""
import argparse

import torch
import torch.nn.functional as F


def best_ms(action, repeats=20):
    for _ in range(3):
        action()
    torch.cuda.synchronize()
    medians = []
    for _ in range(5):
        marks = [torch.cuda.Event(enable_timing=True) for _ in range(repeats + 1)]
        marks[0].record()
        for mark in marks[1:]:
            action()
            mark.record()
        torch.cuda.synchronize()
        times = sorted(a.elapsed_time(b) for a, b in zip(marks, marks[1:]))
        medians.append(times[len(times) // 2])
    return min(medians)


def convolutions(mode, n, memory_format):
    for c, k, h, kernel, stride in ((128, 128, 4, 3, 1), (32, 32, 32, 3, 1), (64, 64, 64, 3, 1), (128, 128, 32, 3, 2), (256, 128, 32, 1, 1)):
        x = torch.randn(n, c, h, h, device="cuda").contiguous(memory_format=memory_format).requires_grad_()
        w = torch.randn(k, c, kernel, kernel, device="cuda").contiguous(memory_format=memory_format).requires_grad_()
        b = torch.randn(k, device="cuda").requires_grad_()
        out = h // stride
        g = torch.randn(n, k, out, out, device="cuda").contiguous(memory_format=memory_format)
        flop = 2.0 * n * c * k * kernel * kernel * out * out
        conv = lambda *a: F.conv2d(*a, stride=stride, padding=kernel // 2)
        forward = best_ms(lambda: conv(x.detach(), w.detach(), b.detach()))
        both = best_ms(lambda: torch.autograd.grad(conv(x, w, b), (x, w, b), g))
        name = f"conv{kernel}x{kernel}" + (f"s{stride}" if stride > 1 else "")
        print(
            f"peer=pytorch mode={mode} case={name} n={n} c={c} k={k} h={h} forward_ms={forward:.3f} forward_backward_ms={both:.3f} "
            f"forward_tflops={flop / forward / 1e9:.2f} forward_backward_tflops={3 * flop / both / 1e9:.2f}", flush=True)


@torch.no_grad()
def masks(n, levels):
    for d in (3072, 196608):
        v = torch.rand(n, 1, d, device="cuda") * 8 - 4
        target = torch.linspace(0, 1, levels, device="cuda").repeat(n, 1).unsqueeze(2)

        def sweeps():
            low = (-v.amax(2, keepdim=True) - 20).expand(n, levels, 1)
            high = (-v.amin(2, keepdim=True) + 20).expand(n, levels, 1)
            for _ in range(40):
                middle = (low + high) * 0.5
                below = torch.sigmoid(v + middle).mean(2, keepdim=True) < target
                low, high = torch.where(below, middle, low), torch.where(below, high, middle)
            return torch.sigmoid(v + (low + high) * 0.5)

        ms = best_ms(sweeps, repeats=5)
        # The forty sweeps stand against both solvers of 'mmrr bench mask'.
        for solver in ("newton", "bisection"):
            print(f"peer=pytorch mode=fp32 case=mask n={n} levels={levels} d={d} solver={solver} ms={ms:.3f} sweeps=40", flush=True)


def group_norms(n):
    for c in (16, 32, 64, 128):
        for h in (32, 16, 8, 4):
            groups = min(32, c // 4)
            x = torch.randn(n, c, h, h, device="cuda").requires_grad_()
            gamma, beta = torch.randn(c, device="cuda").requires_grad_(), torch.randn(c, device="cuda").requires_grad_()
            g = torch.randn_like(x)
            forward = best_ms(lambda: F.relu(F.group_norm(x.detach(), groups, gamma.detach(), beta.detach())))
            y = F.relu(F.group_norm(x, groups, gamma, beta))
            backward = best_ms(lambda: torch.autograd.grad(y, (x, gamma, beta), g, retain_graph=True))
            rate = 4.0 * x.numel() / 1e6
            print(
                f"peer=pytorch mode=fp32 case=groupnorm n={n} c={c} h={h} groups={groups} forward_ms={forward:.4f} backward_ms={backward:.4f} "
                f"forward_gbs={2 * rate / forward:.2f} backward_gbs={3 * rate / backward:.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    for name, default in (("--batch", 64), ("--mask-levels", 15), ("--width", 128)):  # the width is torch_gpu.py's
        parser.add_argument(name, type=int, default=default)
    parser.add_argument("--quick", action="store_true", help="torch_gpu.py's; no difference here")
    options = parser.parse_args()
    torch.manual_seed(1)
    torch.backends.cudnn.benchmark = True
    for mode, tf32, memory_format in (("fp32", False, torch.contiguous_format), ("tf32_channels_last", True, torch.channels_last)):
        torch.backends.cuda.matmul.allow_tf32 = tf32
        torch.backends.cudnn.allow_tf32 = tf32
        convolutions(mode, options.batch, memory_format)
    masks(options.batch, options.mask_levels)
    group_norms(options.batch)


main()
