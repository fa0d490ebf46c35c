/**
 * Training: the run, its loop, its settings and its checkpoints.
 *
 * <p>In comes a {@link dev.currywurst.train.TrainingRun.Request}; out come checkpoints, a log,
 * example pictures and, at the end, a model folder, all in one output folder. Every random number
 * is a function of the run's seed, its purpose and the step, so a resumed run draws what an
 * unbroken one would have drawn. What a step learns is a {@link
 * dev.currywurst.train.stage.Stage}'s. Read {@link dev.currywurst.train.TrainingRun} first.
 */
@NullMarked
package dev.currywurst.train;

import org.jspecify.annotations.NullMarked;
