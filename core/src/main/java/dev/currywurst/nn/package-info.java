/**
 * Layers: a weight or two and the function they take part in.
 *
 * <p>In come {@link dev.currywurst.nn.Parameters} (weights by name, loaded or fresh) and tensors;
 * out come tensors. Pictures travel as {@code [B, H, W, C]}, contiguous, so that every linear layer
 * is one matrix product without a copy. Read {@code Parameters} first, then {@code Linear} and
 * {@code Attention}. Together with {@code dev.currywurst.tensor} this is the only package that
 * touches the raw bindings.
 */
@NullMarked
package dev.currywurst.nn;

import org.jspecify.annotations.NullMarked;
