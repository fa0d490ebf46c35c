package dev.currywurst.train.dataset;

import dev.currywurst.image.ImageDecoder;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.dataset.Inventory.Entry;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/**
 * A set of which every picture was opened once. Nothing of the pictures themselves is kept, so that
 * a set may be far larger than the memory.
 *
 * @param inventory the set
 * @param pictures one for each of its entries, in their order
 */
public record Survey(Inventory inventory, List<Surveyed> pictures) {
  /** A picture that was opened, or the sentence that says why it could not be. */
  record Surveyed(Entry entry, Optional<PictureFacts> facts, String problem) {
    PictureFacts known() {
      return facts.orElseThrow();
    }
  }

  public Survey {
    pictures = List.copyOf(pictures);
  }

  /**
   * Opens all pictures, on all processors.
   *
   * @param progress is told after each picture how many were opened; from several threads
   */
  public static Survey of(Inventory inventory, ImageDecoder decoder, IntConsumer progress) {
    AtomicInteger done = new AtomicInteger();
    return new Survey(
        inventory,
        inventory.entries().parallelStream()
            .map(
                entry -> {
                  Surveyed surveyed = open(entry, decoder);
                  progress.accept(done.incrementAndGet());
                  return surveyed;
                })
            .toList());
  }

  private static Surveyed open(Entry entry, ImageDecoder decoder) {
    try {
      return new Surveyed(entry, Optional.of(PictureFacts.of(entry.picture(), decoder)), "");
    } catch (CurrywurstException e) {
      return new Surveyed(entry, Optional.empty(), Objects.requireNonNull(e.getMessage()));
    }
  }

  /** Those that could be opened. */
  List<Surveyed> readable() {
    return pictures.stream().filter(picture -> picture.facts().isPresent()).toList();
  }
}
