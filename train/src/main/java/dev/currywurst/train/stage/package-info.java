/**
 * What each stage learns: a batch of captioned pictures in, a loss out.
 *
 * <p>{@link dev.currywurst.train.stage.StageATraining} learns pictures to latents and back, {@link
 * dev.currywurst.train.stage.StageBTraining} latents from an encoder that it trains along, {@link
 * dev.currywurst.train.stage.StageCTraining} that encoder's outputs from text. Read {@link
 * dev.currywurst.train.stage.Stage} first.
 */
@NullMarked
package dev.currywurst.train.stage;

import org.jspecify.annotations.NullMarked;
