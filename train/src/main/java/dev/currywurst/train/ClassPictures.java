package dev.currywurst.train;

import dev.currywurst.image.Png;
import dev.currywurst.pipeline.GeneratedImage;
import dev.currywurst.pipeline.GenerationListener;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.GenerationStep;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.WuerstchenPipeline;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.data.Fingerprint;
import dev.currywurst.train.stage.Preservation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The pictures of a {@link Preservation}: painted by the base model, each once. Those that are
 * there already stay, so an interrupted painting goes on.
 *
 * @param model that paints them
 * @param folder for them
 * @param wanted what to paint
 * @param side of a picture, in pixels
 * @param seed of the first
 */
public record ClassPictures(
    ModelFolder model, Path folder, Preservation wanted, int side, long seed) {
  /** Those that a run needs. */
  static ClassPictures of(TrainingRun.Request request, Preservation wanted) {
    ModelFolder model =
        request
            .model()
            .orElseThrow(
                () ->
                    new CurrywurstException(
                        "Class pictures are painted by the model that is trained further; give it"
                            + " with --model."));
    return new ClassPictures(
        model,
        wanted.folder().orElse(request.output().resolve("class")),
        wanted,
        request.resolution(),
        request.given().seed());
  }

  /** How many are not there yet. */
  public int missing() {
    return (int) IntStream.range(0, wanted.pictures()).filter(this::isMissing).count();
  }

  private boolean isMissing(int index) {
    return !Files.isRegularFile(file(index));
  }

  private Path file(int index) {
    return folder.resolve("%06d.png".formatted(index));
  }

  /**
   * Paints what is missing, and lists all.
   *
   * @throws CurrywurstException if the model cannot paint, or the disk is full
   * @throws dev.currywurst.pipeline.GenerationCancelledException if the listener ends it
   */
  public List<CaptionedImage> complete(GenerationListener listener) {
    int first =
        IntStream.range(0, wanted.pictures())
            .filter(this::isMissing)
            .findFirst()
            .orElse(wanted.pictures());
    if (first < wanted.pictures()) {
      paintFrom(first, listener);
    }
    List<CaptionedImage> all = new ArrayList<>();
    for (int i = 0; i < wanted.pictures(); i++) {
      all.add(new CaptionedImage(file(i), List.of(wanted.prompt()), Fingerprint.ofFile(file(i))));
    }
    return all;
  }

  /** Picture k has the seed of the run + k, whichever was painted first. */
  private void paintFrom(int first, GenerationListener listener) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new CurrywurstException(
          "Cannot make the folder %s: %s.".formatted(folder, e.getMessage()), e);
    }
    GenerationRequest request =
        GenerationRequest.of(wanted.prompt())
            .withImagesPerPrompt(wanted.pictures() - first)
            .withSeed(seed + first)
            .withSize(side, side);
    try (WuerstchenPipeline pipeline = WuerstchenPipeline.of(model)) {
      pipeline.paint(
          request,
          new GenerationListener() {
            @Override
            public void step(GenerationStep step) {
              listener.step(step);
            }

            @Override
            public void painted(GeneratedImage image) {
              Path file = file(first + image.index());
              if (!Files.isRegularFile(file)) {
                Png.write(image.image(), file);
              }
              listener.painted(image);
            }

            @Override
            public void notice(String sentence) {
              listener.notice(sentence);
            }
          });
    }
  }
}
