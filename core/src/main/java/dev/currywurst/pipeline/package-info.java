/**
 * Whole pictures from prompts: model folders, and the way through all stages.
 *
 * <p>In come a {@link dev.currywurst.pipeline.ModelFolder} and a {@link
 * dev.currywurst.pipeline.GenerationRequest}; out come {@link dev.currywurst.image.Image}s:
 * <em>prompt &rarr; text states &rarr; {@link dev.currywurst.pipeline.StageCLatents} &rarr; {@link
 * dev.currywurst.pipeline.StageBLatents} &rarr; picture</em>. A {@link
 * dev.currywurst.pipeline.ModelWriter} writes what a training learned as diffusers loads it. Read
 * {@link dev.currywurst.pipeline.WuerstchenPipeline} first.
 */
@NullMarked
package dev.currywurst.pipeline;

import org.jspecify.annotations.NullMarked;
