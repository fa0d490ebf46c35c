/**
 * Randomness as a function of what it is for.
 *
 * <p>In go the run's seed, a purpose, the step and the sample; out come numbers, always the same
 * ones. So there is no generator whose state a checkpoint would have to hold, and a batch that is
 * split into parts draws what the whole one would have drawn. Read {@link
 * dev.currywurst.train.random.Draws} first.
 */
@NullMarked
package dev.currywurst.train.random;

import org.jspecify.annotations.NullMarked;
