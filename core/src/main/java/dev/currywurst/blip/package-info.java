/**
 * BLIP (Li et al. 2022): a network that says what a picture shows.
 *
 * <p>In comes a picture, out comes a caption. {@link dev.currywurst.blip.BlipVisionEncoder} turns
 * the picture into states, {@link dev.currywurst.blip.BlipTextDecoder} writes word after word
 * looking at them, {@link dev.currywurst.blip.CaptionSearch} chooses among its words, greedily or
 * by beam search, and {@link dev.currywurst.blip.BlipCaptioner} puts them together from a published
 * folder. Layout and numbers are those of transformers' {@code BlipForConditionalGeneration}. Read
 * {@code BlipCaptioner} first.
 */
@NullMarked
package dev.currywurst.blip;

import org.jspecify.annotations.NullMarked;
