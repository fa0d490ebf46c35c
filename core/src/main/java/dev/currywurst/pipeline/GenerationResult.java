package dev.currywurst.pipeline;

import dev.currywurst.image.Image;
import dev.currywurst.tensor.DType;
import java.util.List;

/**
 * What became of a request.
 *
 * @param request as it was given
 * @param images in the order of the prompts
 * @param geometry sizes inside, and what was cropped
 * @param priorType what Stage C and its text tower computed in
 * @param decoderType what Stages B and A and their text tower computed in
 * @param notices sentences for the user: what was cut from a prompt, which size was cropped
 */
public record GenerationResult(
    GenerationRequest request,
    List<GeneratedImage> images,
    PictureGeometry geometry,
    DType priorType,
    DType decoderType,
    List<String> notices) {
  public GenerationResult {
    images = List.copyOf(images);
    notices = List.copyOf(notices);
  }

  /** The first picture: all there is to a request of one prompt. */
  public Image image() {
    return images.get(0).image();
  }
}
