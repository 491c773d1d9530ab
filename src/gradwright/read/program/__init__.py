"""Programs as formulas: functions of JAX and of PyTorch, traced. Owns: what their operations mean in indices.

Never: runs a program that nobody named, differentiates.
"""
