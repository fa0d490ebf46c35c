package dev.currywurst.train.source;

import dev.currywurst.train.data.ImageFolder;
import java.util.List;
import java.util.Optional;

/**
 * The names under which a set keeps its pictures and captions.
 *
 * @param image of the pictures; empty for the usual names
 * @param caption of the captions; empty for the usual names
 */
public record Columns(Optional<String> image, Optional<String> caption) {
  /** The usual names, whatever the format. */
  public static final Columns USUAL = new Columns(Optional.empty(), Optional.empty());

  /** In the order of preference. */
  static final List<String> CAPTIONS = List.of("text", "caption", "captions", "prompt");

  /** In the order of preference. */
  static final List<String> IMAGES =
      List.of("image", "png", "jpg", "jpeg", "webp", "gif", "bmp", "img");

  /** As a folder's metadata call them. There {@code image} is what {@code file_name} leads to. */
  public ImageFolder folder() {
    ImageFolder usual = ImageFolder.DEFAULT;
    return new ImageFolder(
        image.filter(name -> !name.equals("image")).orElse(usual.imageColumn()),
        caption.orElse(usual.captionColumn()));
  }

  /** Names of captions to look for. */
  List<String> captions() {
    return caption.map(List::of).orElse(CAPTIONS);
  }

  /** Names of pictures to look for. */
  List<String> images() {
    return image.map(List::of).orElse(IMAGES);
  }
}
