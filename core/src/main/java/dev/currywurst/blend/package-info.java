/**
 * Arithmetic with whole models: (1 - alpha) A + alpha B, weight by weight.
 *
 * <p>In come two {@linkplain dev.currywurst.pipeline.ModelFolder model folders} of one architecture
 * and rules that say how much of the second each weight gets; out come changes to weights that are
 * being loaded, a new model folder, and figures on how far the two are apart. Read {@link
 * dev.currywurst.blend.ModelBlend} first.
 */
@NullMarked
package dev.currywurst.blend;

import org.jspecify.annotations.NullMarked;
