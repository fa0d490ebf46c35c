package dev.currywurst.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.image.Png;
import dev.currywurst.pipeline.Component;
import dev.currywurst.pipeline.GeneratedImage;
import dev.currywurst.pipeline.GenerationListener;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.GenerationStep;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.WuerstchenPipeline;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.data.Fingerprint;
import dev.currywurst.train.data.ImageFolder;
import dev.currywurst.train.stage.Preservation;
import dev.currywurst.weights.ConfigFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The pictures of a {@link Preservation}: those that lie in the folder, whatever they are called,
 * and as many more as are wanted, painted by the base model. What was painted stays, so an
 * interrupted painting goes on; {@code class.json} beside it tells what it was painted for.
 *
 * @param model that paints them
 * @param folder for them
 * @param wanted what to paint
 * @param side of a picture, in pixels
 * @param seed of the first
 */
public record ClassPictures(
    ModelFolder model, Path folder, Preservation wanted, int side, long seed) {
  private static final Pattern PAINTED = Pattern.compile("\\d{6}\\.png");

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
    return wanted.pictures() - there().size();
  }

  private Path file(int index) {
    return folder.resolve("%06d.png".formatted(index));
  }

  /** Those that are there, by name, no more than are wanted; painted ones fill up the others. */
  private List<Path> there() {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> ImageFolder.isPicture(file.toString()) && Files.isRegularFile(file))
          .filter(file -> !isHidden(file))
          .sorted(Comparator.comparing(ClassPictures::looksPainted).thenComparing(file -> file))
          .limit(wanted.pictures())
          .toList();
    } catch (IOException e) {
      throw new CurrywurstException(folder + " cannot be read: " + e.getMessage() + ".", e);
    }
  }

  /** By its name, which a user's own may have too. */
  private static boolean looksPainted(Path file) {
    return PAINTED.matcher(String.valueOf(file.getFileName())).matches();
  }

  /** Such as those that macOS leaves beside pictures under their names. */
  private static boolean isHidden(Path file) {
    return String.valueOf(file.getFileName()).startsWith(".");
  }

  /**
   * Paints what is missing, and lists all.
   *
   * @throws CurrywurstException if the model cannot paint, the disk is full, or the folder's
   *     pictures were painted for something else
   * @throws dev.currywurst.pipeline.GenerationCancelledException if the listener ends it
   */
  public List<CaptionedImage> complete(GenerationListener listener) {
    requireSamePurpose();
    int missing = missing();
    if (missing > 0) {
      listener.notice(
          "Painting %d pictures of \"%s\" into %s.".formatted(missing, wanted.prompt(), folder));
      paint(missing, listener);
    }
    return there().stream()
        .map(file -> new CaptionedImage(file, List.of(wanted.prompt()), Fingerprint.ofFile(file)))
        .toList();
  }

  private Path purposeFile() {
    return folder.resolve("class.json");
  }

  private ObjectNode purpose() {
    Path prior = model.require(Component.PRIOR).folder();
    return ConfigFile.newObject()
        .put("class_prompt", wanted.prompt())
        .put("resolution", side)
        .put("prior", new Fingerprint().addFiles(prior).hex());
  }

  private void requireSamePurpose() {
    if (!Files.exists(purposeFile())) {
      return;
    }
    RunDescription here = new RunDescription(purpose());
    List<String> differences = here.differences(RunFolder.read(purposeFile()));
    if (!differences.isEmpty()) {
      throw new CurrywurstException(
          "The class pictures in %s were painted for something else: %s; choose another class_data_dir."
              .formatted(folder, String.join(", ", differences)));
    }
  }

  /** Under the first names that are free: picture k has the seed of the run + k, now or later. */
  private void paint(int count, GenerationListener listener) {
    try {
      Files.createDirectories(folder);
      if (!Files.exists(purposeFile())) { // Otherwise it was found to tell the same.
        ConfigFile.write(purposeFile(), new RunDescription(purpose()).toJson());
      }
    } catch (IOException e) {
      throw new CurrywurstException(
          "Cannot make the folder %s: %s.".formatted(folder, e.getMessage()), e);
    }
    try (WuerstchenPipeline pipeline = WuerstchenPipeline.of(model)) {
      int first = 0;
      int left = count;
      while (left > 0) {
        while (!isFree(first)) {
          first++;
        }
        int together = 1;
        while (together < left && isFree(first + together)) {
          together++;
        }
        paint(pipeline, first, together, listener);
        first += together;
        left -= together;
      }
    }
  }

  private boolean isFree(int index) {
    return !Files.exists(file(index));
  }

  private void paint(
      WuerstchenPipeline pipeline, int first, int count, GenerationListener listener) {
    GenerationRequest request =
        GenerationRequest.of(wanted.prompt())
            .withImagesPerPrompt(count)
            .withSeed(seed + first)
            .withSize(side, side);
    pipeline.paint(
        request,
        new GenerationListener() {
          @Override
          public void step(GenerationStep step) {
            listener.step(step);
          }

          @Override
          public void painted(GeneratedImage image) {
            Png.write(image.image(), file(first + image.index()));
            listener.painted(image);
          }

          @Override
          public void notice(String sentence) {
            listener.notice(sentence);
          }
        });
  }
}
