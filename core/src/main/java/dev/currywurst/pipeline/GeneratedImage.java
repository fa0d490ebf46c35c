package dev.currywurst.pipeline;

import dev.currywurst.image.Image;

/**
 * A picture and how to make it again: the same request with this prompt and this seed alone.
 *
 * @param image of the requested size
 * @param index of the picture in its request, from 0
 * @param prompt what it was asked to be
 * @param negativePrompt what it was asked not to be; empty for none
 * @param seed its own
 * @param latents what Stage C ended with
 */
public record GeneratedImage(
    Image image,
    int index,
    String prompt,
    String negativePrompt,
    long seed,
    StageCLatents latents) {}
