package dev.currywurst.train;

import dev.currywurst.tensor.CurrywurstException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a run goes on. A run that has begun never begins anew by itself, whichever of these it is:
 * its output folder is refused, or used.
 */
public sealed interface Resume {
  /** From the newest checkpoint if the output folder has one, else from the beginning. */
  record IfBegun() implements Resume {}

  /** From the newest checkpoint, which must be there. */
  record Latest() implements Resume {}

  /** From the checkpoint of a step; later ones are set aside. */
  record AtStep(long step) implements Resume {}

  /**
   * From a checkpoint that lies elsewhere, in an output folder that has none; once it has, and
   * began there, from its own newest.
   */
  record From(Path checkpoint) implements Resume {}

  /**
   * Reads what {@code --resume_from_checkpoint} takes: {@code latest}, a step, or a checkpoint's
   * folder.
   *
   * @param output of the run: a folder of its own checkpoints means that step
   */
  static Resume parse(String text, Path output) {
    if (text.equals("latest")) {
      return new Latest();
    }
    if (text.matches("\\d{1,18}")) {
      return new AtStep(Long.parseLong(text));
    }
    if (text.isBlank()) {
      throw new CurrywurstException(
          "The checkpoint to resume from is empty; give latest, a step, or a checkpoint's folder.");
    }
    Path folder = Path.of(text);
    Matcher name = STEP.matcher(String.valueOf(folder.getFileName()));
    Path parent = folder.getParent();
    boolean own =
        parent == null
            || parent
                .toAbsolutePath()
                .normalize()
                .equals(output.resolve("checkpoints").toAbsolutePath().normalize());
    return name.matches() && own ? new AtStep(Long.parseLong(name.group(1))) : new From(folder);
  }

  /** A checkpoint's name, here or in diffusers' scripts. */
  Pattern STEP = Pattern.compile("(?:step|checkpoint)-(\\d{1,18})");
}
