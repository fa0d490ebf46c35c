/**
 * What a picture shows, in figures.
 *
 * <p>In come pictures on a white ground, with the texts they belong to; out come colours, the
 * overlap of silhouettes, and {@link dev.currywurst.train.judge.ColourReport}s of how often a
 * picture has the colour that its text names. {@link dev.currywurst.train.judge.ColourTrial}
 * chooses such texts for a model and judges what it paints, and {@link
 * dev.currywurst.train.judge.ColourComparison} lays what came out beside real pictures.
 *
 * <p>More is said of pictures with the help of a CLIP: {@link dev.currywurst.train.judge.Jury}
 * gives a {@link dev.currywurst.train.judge.Verdict} on what a model paints for the captions of a
 * {@link dev.currywurst.train.judge.TestSet}. Read {@code ColourTrial} and {@code Jury} first.
 */
@NullMarked
package dev.currywurst.train.judge;

import org.jspecify.annotations.NullMarked;
