/**
 * What a picture shows, in figures that need no network.
 *
 * <p>In come pictures on a white ground; out come a {@link dev.currywurst.train.judge.Colour} and
 * the overlap of two silhouettes. Read {@code ColourJudge} first.
 */
@NullMarked
package dev.currywurst.train.judge;

import org.jspecify.annotations.NullMarked;
