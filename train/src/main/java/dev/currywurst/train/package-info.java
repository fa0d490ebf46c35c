/**
 * Training: the loop, its settings, its checkpoints and its randomness.
 *
 * <p>In comes a {@link dev.currywurst.train.stage.Stage} (what is learned) and {@link
 * dev.currywurst.train.TrainingSettings}; out come checkpoints and, at the end, a model folder.
 * Every random number is a function of the run's seed, its purpose and the step, so a resumed run
 * draws what an unbroken one would have drawn. Read {@link dev.currywurst.train.Trainer} first.
 */
@NullMarked
package dev.currywurst.train;

import org.jspecify.annotations.NullMarked;
