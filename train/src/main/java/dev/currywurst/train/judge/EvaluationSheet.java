package dev.currywurst.train.judge;

import dev.currywurst.image.ContactSheet;
import dev.currywurst.image.Image;
import dev.currywurst.image.Resize;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The first captions' pictures on one: for each the real one if there is one, then each model's. A
 * cell says which it is, what colour was found, in brackets, and what was asked for.
 */
public final class EvaluationSheet {
  private static final int MOST = 48;
  private static final int ACROSS = 8;
  private static final int LONGEST_SIDE = 256;

  private final List<TestCase> cases;
  private final int models;
  private final Map<String, List<Image>> pictures = new LinkedHashMap<>();
  private final Map<String, Verdict> verdicts = new LinkedHashMap<>();

  /** A sheet for what so many models make of these captions. */
  public EvaluationSheet(List<TestCase> asked, int models) {
    this.models = models;
    this.cases = asked.subList(0, Math.min(MOST, asked.size()));
  }

  /** Adds the real pictures, if all captions have one. */
  public void addReal() {
    if (cases.stream().allMatch(test -> test.picture().isPresent())) {
      cases.forEach(test -> add("real", test.picture().orElseThrow().get()));
    }
  }

  /** Adds a model's next picture; those that find no room are left out. */
  public void add(String name, Image picture) {
    List<Image> own = pictures.computeIfAbsent(name, n -> new ArrayList<>());
    if (own.size() < cases.size()) {
      own.add(Resize.within(picture, LONGEST_SIDE, Resize.Filter.BICUBIC));
    }
  }

  /** Adds what was said of a model's pictures. */
  public void judged(String name, Verdict verdict) {
    verdicts.put(name, verdict);
  }

  /** The sheet. */
  public Image draw() {
    int group = pictures.size();
    ContactSheet sheet = new ContactSheet(Math.max(1, ACROSS / group) * group, 4, 6);
    int all = cases.size() * group;
    List<ContactSheet.Cell> cells = new ArrayList<>();
    for (int i = 0; i < cases.size(); i++) {
      for (Map.Entry<String, List<Image>> column : pictures.entrySet()) {
        cells.add(
            new ContactSheet.Cell(
                sheet.shrunk(column.getValue().get(i), all), caption(column.getKey(), i)));
      }
    }
    return sheet.draw(cells);
  }

  private String caption(String name, int index) {
    String prompt = cases.get(index).prompt();
    Verdict verdict = verdicts.get(name);
    if (verdict == null) {
      return name + ": " + prompt;
    }
    Verdict.Seen seen = verdict.pictures().get(index);
    String found = "(%s%s)".formatted(seen.colour().word(), seen.object() ? "" : ", !");
    return models == 1 ? found + " " + prompt : name + ": " + found;
  }
}
