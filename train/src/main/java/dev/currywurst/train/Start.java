package dev.currywurst.train;

import java.util.List;
import java.util.Optional;

/**
 * How a run is started; what it learns does not depend on it.
 *
 * @param resume where it goes on
 * @param command the words that started it, for {@code provenance.json}; may be empty
 * @param repeats a run that this one must equal
 */
public record Start(Resume resume, List<String> command, Optional<Repetition> repeats) {
  public Start {
    command = List.copyOf(command);
  }

  /** Goes on if it has begun. */
  public static Start usual() {
    return new Start(new Resume.IfBegun(), List.of(), Optional.empty());
  }

  /** As {@link #usual()}, but goes on where this says. */
  public static Start with(Resume resume) {
    return new Start(resume, List.of(), Optional.empty());
  }
}
