package dev.currywurst.blend;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.weights.ConfigFile;
import java.util.List;

/**
 * How far two models are apart, group by group, and what the blend takes of the second.
 *
 * @param groups in the order of the model
 * @param notices what else a reader should know, such as parts that only one model has
 */
public record BlendReport(List<Group> groups, List<String> notices) {
  /**
   * Weights of one kind in one network.
   *
   * @param name such as {@code prior:attention}
   * @param tensors how many
   * @param norm of the first model's, all numbers as one vector
   * @param difference norm of the second's minus the first's
   * @param lowest alpha among them
   * @param highest alpha among them
   */
  public record Group(
      String name, int tensors, double norm, double difference, double lowest, double highest) {
    /** The difference as a share of the first model's norm. */
    public double relative() {
      return norm > 0 ? difference / norm : 0;
    }
  }

  public BlendReport {
    groups = List.copyOf(groups);
    notices = List.copyOf(notices);
  }

  /** For a file beside the model. */
  public ObjectNode toJson() {
    ObjectNode json = ConfigFile.newObject();
    ArrayNode rows = json.putArray("groups");
    for (Group group : groups) {
      rows.addObject()
          .put("name", group.name())
          .put("tensors", group.tensors())
          .put("norm", group.norm())
          .put("difference", group.difference())
          .put("relative", group.relative())
          .put("alpha_lowest", group.lowest())
          .put("alpha_highest", group.highest());
    }
    ArrayNode told = json.putArray("notices");
    notices.forEach(told::add);
    return json;
  }
}
