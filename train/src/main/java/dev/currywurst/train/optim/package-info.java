/**
 * From gradients to new weights.
 *
 * <p>In come a network's weights with the gradients that {@code backward} left; they leave changed.
 * {@link dev.currywurst.train.optim.FlatWeights} lays all weights in one tensor, so that clipping,
 * {@link dev.currywurst.train.optim.AdamW} and {@link dev.currywurst.train.optim.WeightAverage} are
 * a few passes over it. Read {@code Learner} first.
 */
@NullMarked
package dev.currywurst.train.optim;

import org.jspecify.annotations.NullMarked;
