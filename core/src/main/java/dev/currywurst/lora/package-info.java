/**
 * Low-rank adaptation (Hu et al. 2021): small files that change the large weights of Stage C and
 * its text tower, W + s B A.
 *
 * <p>In come LoRA files in the dialects of diffusers, peft, kohya's scripts and OneTrainer; out
 * come changes to weights that are being loaded, and files in either dialect. {@link
 * dev.currywurst.lora.Adapters} are what training learns in place of the weights. Read {@link
 * dev.currywurst.lora.LoraFile} first, then {@link dev.currywurst.lora.LoraMerge}.
 */
@NullMarked
package dev.currywurst.lora;

import org.jspecify.annotations.NullMarked;
