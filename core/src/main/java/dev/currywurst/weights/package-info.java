/**
 * Weight files: named tensors on disk.
 *
 * <p>In come safetensors files, single or sharded, and PyTorch checkpoints ({@code .pt}, {@code
 * .ckpt}, {@code .bin}); out come {@link dev.currywurst.tensor.Tensor}s that share the
 * memory-mapped bytes, and safetensors files. A checkpoint is a program for Python's pickle
 * machine; nothing here runs it, it is only looked at. Every file is taken for hostile: a bad one
 * ends in a {@link dev.currywurst.tensor.CurrywurstException} that says what is wrong with it. Read
 * {@link dev.currywurst.weights.WeightFile} first, then {@link dev.currywurst.weights.Safetensors}.
 */
@NullMarked
package dev.currywurst.weights;

import org.jspecify.annotations.NullMarked;
