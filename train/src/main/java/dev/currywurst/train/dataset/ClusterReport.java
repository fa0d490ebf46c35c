package dev.currywurst.train.dataset;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.image.ContactSheet;
import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.Resize;
import dev.currywurst.train.dataset.Clustering.Cluster;
import dev.currywurst.train.dataset.Inventory.Entry;
import dev.currywurst.train.dataset.Survey.Surveyed;
import dev.currywurst.weights.ConfigFile;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Which pictures of a folder are nearly the same, for people and for programs.
 *
 * @param survey the folder
 * @param clusters the largest first
 * @param policy what becomes of them
 * @param threshold of looks
 * @param measures the other measures and their thresholds
 */
public record ClusterReport(
    Survey survey,
    List<Cluster> clusters,
    Policy policy,
    double threshold,
    Map<String, Double> measures) {
  private static final int LISTED = 20;
  private static final int SHEET_PICTURES = 400;
  private static final int SHEET_COLUMNS = 10;
  private static final int SHEET_SIDE = 128;
  private static final int NAMED = 3;

  public ClusterReport {
    clusters = List.copyOf(clusters);
    measures = Map.copyOf(measures);
  }

  /**
   * Finds the clusters of a survey.
   *
   * @param threshold how alike two pictures must look, up to 1; above 1 only equal ones count
   * @param more other measures, over the pictures of the survey that can be read
   */
  public static ClusterReport of(
      Survey survey, Policy policy, double threshold, List<Measure> more) {
    Map<String, Double> thresholds = new java.util.TreeMap<>();
    more.forEach(measure -> thresholds.put(measure.name(), measure.threshold()));
    return new ClusterReport(
        survey, Clustering.of(survey, threshold, more), policy, threshold, thresholds);
  }

  /** What the policy keeps. */
  public ThinnedDataset thinned() {
    return ThinnedDataset.of(survey, policy.weights(survey, clusters), policy.weighted());
  }

  /** True if nothing is like anything else. */
  public boolean isEmpty() {
    return clusters.isEmpty();
  }

  /** How many pictures have a like. */
  public int clustered() {
    return clusters.stream().mapToInt(Cluster::size).sum();
  }

  /** A few lines: how many clusters, and the largest of them. */
  public String text() {
    StringBuilder text = new StringBuilder();
    int readable = survey.readable().size();
    text.append(
        "%d of %d pictures are nearly the same as another, in %d clusters; %d are kept%s."
            .formatted(
                clustered(),
                readable,
                clusters.size(),
                thinned().size(),
                policy.weighted() ? ", each cluster counting as one picture" : ""));
    int unreadable = survey.pictures().size() - readable;
    if (unreadable > 0) {
      text.append(" %d cannot be read and are left out.".formatted(unreadable));
    }
    for (Cluster cluster : clusters.subList(0, Math.min(LISTED, clusters.size()))) {
      text.append(
          "%n%5d  %-14s  %s"
              .formatted(cluster.size(), String.join("+", cluster.evidence()), names(cluster)));
    }
    if (clusters.size() > LISTED) {
      text.append("%n  ... and %d smaller ones.".formatted(clusters.size() - LISTED));
    }
    return text.toString();
  }

  private static String names(Cluster cluster) {
    List<String> names =
        cluster.members().stream().limit(NAMED).map(picture -> picture.entry().name()).toList();
    return String.join(", ", names) + (cluster.size() > NAMED ? ", ..." : "");
  }

  /** Everything: {@code clusters.json}. */
  public ObjectNode json() {
    ObjectNode json = ConfigFile.newObject();
    ThinnedDataset thinned = thinned();
    json.put("pictures", survey.pictures().size())
        .put("readable", survey.readable().size())
        .put("clustered", clustered())
        .put("kept", thinned.size());
    ObjectNode settings = json.putObject("settings");
    settings.put("look_threshold", threshold);
    measures.forEach((name, value) -> settings.put(name + "_threshold", value));
    if (policy.most() < Integer.MAX_VALUE) {
      settings.put("most_of_a_cluster", policy.most());
    }
    settings.put("weighted", policy.weighted());
    ArrayNode list = json.putArray("clusters");
    Map<Entry, Double> weights = policy.weights(survey, clusters);
    for (Cluster cluster : clusters) {
      list.add(json(cluster, weights));
    }
    ArrayNode unreadable = json.putArray("unreadable");
    for (Surveyed picture : survey.pictures()) {
      if (picture.facts().isEmpty()) {
        unreadable.addObject().put("file", picture.entry().name()).put("why", picture.problem());
      }
    }
    return json;
  }

  private static ObjectNode json(Cluster cluster, Map<Entry, Double> weights) {
    ObjectNode json = ConfigFile.newObject().put("size", cluster.size());
    cluster.evidence().forEach(json.putArray("evidence")::add);
    ArrayNode members = json.putArray("members");
    Appearance best = cluster.members().get(0).known().appearance();
    for (Surveyed picture : cluster.members()) {
      PictureFacts facts = picture.known();
      double similarity = facts.appearance().similarity(best);
      ObjectNode member = members.addObject().put("file", picture.entry().name());
      member
          .put("hash", HexFormat.of().toHexDigits(facts.appearance().hash()))
          .put("similarity", Math.round(similarity * 1e4) / 1e4)
          .put("weight", weights.getOrDefault(picture.entry(), 0.0));
      picture.entry().captions().forEach(member.putArray("captions")::add);
    }
    return json;
  }

  /** The clusters on one picture, one after the other; at most 400 pictures. */
  public Image sheet(ImageDecoder decoder) {
    List<ContactSheet.Cell> cells = new ArrayList<>();
    Map<Entry, Double> weights = policy.weights(survey, clusters);
    for (int i = 0; i < clusters.size() && cells.size() < SHEET_PICTURES; i++) {
      for (Surveyed picture : clusters.get(i).members()) {
        Image image = picture.entry().onWhite(decoder);
        cells.add(
            new ContactSheet.Cell(
                Resize.within(image, SHEET_SIDE, Resize.Filter.BILINEAR),
                String.format(
                    Locale.ROOT,
                    "%d (%.2f) %s",
                    i + 1,
                    weights.getOrDefault(picture.entry(), 0.0),
                    picture.entry().name())));
      }
    }
    List<ContactSheet.Cell> shown = cells.subList(0, Math.min(cells.size(), SHEET_PICTURES));
    return new ContactSheet(SHEET_COLUMNS, 2, 6).draw(shown);
  }
}
