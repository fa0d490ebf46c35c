package dev.currywurst.pipeline;

/**
 * What Stage B makes of a picture and Stage A turns into pixels: a quarter of the picture's sides.
 *
 * @param grid in Stage B's scale: Stage A's own latents divided by its {@code scale_factor}
 */
public record StageBLatents(LatentGrid grid) {}
