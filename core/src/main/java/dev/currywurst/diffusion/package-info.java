/**
 * Diffusion without networks: how much noise there is at a level, and how a step removes some.
 *
 * <p>In come noisy latents and a predicted noise; out come less noisy latents. Read {@link
 * dev.currywurst.diffusion.CosineSchedule} first.
 */
@NullMarked
package dev.currywurst.diffusion;

import org.jspecify.annotations.NullMarked;
