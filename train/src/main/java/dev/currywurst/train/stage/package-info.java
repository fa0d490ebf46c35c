/**
 * What each stage learns: captioned pictures in, a loss out.
 *
 * <p>A {@link dev.currywurst.train.stage.StageRecipe} checks sizes and settings before anything
 * large is read, and makes a {@link dev.currywurst.train.stage.Stage}: {@link
 * dev.currywurst.train.stage.StageATraining} learns pictures to latents and back, {@link
 * dev.currywurst.train.stage.StageBTraining} latents from an encoder that it trains along, {@link
 * dev.currywurst.train.stage.StageCTraining} that encoder's outputs from text. Outputs of frozen
 * networks are computed once ({@link dev.currywurst.train.stage.FeatureStore}). Evaluations show
 * what comes back of held-out pictures ({@link dev.currywurst.train.stage.Reconstruction} of Stage
 * A, {@link dev.currywurst.train.stage.Restoration} of Stage B) and what becomes of their captions
 * ({@link dev.currywurst.train.stage.Paintings} of Stage C). Read {@code Stage} first.
 */
@NullMarked
package dev.currywurst.train.stage;

import org.jspecify.annotations.NullMarked;
