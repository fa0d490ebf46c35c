package dev.currywurst.train.dataset;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.CaptionFields;
import dev.currywurst.train.dataset.Inventory.Entry;
import dev.currywurst.train.dataset.Survey.Surveyed;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Writes what a {@link Policy} keeps of a set: a new folder with the pictures and a {@code
 * metadata.jsonl}, or that file alone. The set is not touched.
 */
public final class ThinnedDataset {
  private final Survey survey;
  private final Map<Entry, Double> weights;
  private final boolean weighted;

  private ThinnedDataset(Survey survey, Map<Entry, Double> weights, boolean weighted) {
    this.survey = survey;
    this.weights = weights;
    this.weighted = weighted;
  }

  static ThinnedDataset of(Survey survey, Map<Entry, Double> weights, boolean weighted) {
    return new ThinnedDataset(survey, weights, weighted);
  }

  /** How many pictures are kept. */
  public int size() {
    return (int) survey.readable().stream().filter(this::isKept).count();
  }

  /** What is only weighted stays, also where the set says that it never counts. */
  private boolean isKept(Surveyed picture) {
    return weighted || weight(picture) > 0;
  }

  private double weight(Surveyed picture) {
    return weights.getOrDefault(picture.entry(), 0.0);
  }

  private List<NewFolder.Line> lines() {
    return survey.readable().stream()
        .filter(this::isKept)
        .map(picture -> new NewFolder.Line(picture.entry(), columns(picture)))
        .toList();
  }

  private ObjectNode columns(Surveyed picture) {
    ObjectNode columns = picture.entry().columns();
    return weighted ? columns.put(CaptionFields.WEIGHT, weight(picture)) : columns;
  }

  /**
   * Writes the list alone.
   *
   * @throws CurrywurstException if it cannot be written, if it could not name the pictures, which
   *     lie in an archive, or if clusters are weighted and a weight of the set is no number
   */
  public void writeMetadata(Path file) {
    if (survey.inventory().form() == Inventory.Form.ARCHIVES) {
      throw new CurrywurstException(
          "A list cannot name pictures within %s; give a new folder as output."
              .formatted(survey.inventory().source()));
    }
    NewFolder.writeMetadata(file, lines());
  }

  /**
   * Makes a new folder, whole or not at all.
   *
   * @param copies to copy the pictures; otherwise they are linked where the disk can (a second name
   *     for the same file, which takes no room) and where they are files of their own
   * @throws CurrywurstException if there is something of that name, it cannot be written, or
   *     clusters are weighted and a weight of the set is no number
   */
  public void writeFolder(Path folder, boolean copies) {
    NewFolder.write(folder, lines(), copies);
  }
}
