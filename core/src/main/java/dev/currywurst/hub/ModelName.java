package dev.currywurst.hub;

import dev.currywurst.tensor.CurrywurstException;
import java.util.regex.Pattern;

/**
 * A model on the hub: {@code owner/name}, or {@code owner/name@revision} with a branch, a tag or a
 * commit (40 hexadecimal digits, or its first ones). Without a revision it is the branch {@code
 * main}.
 */
public record ModelName(String owner, String name, String revision) {
  /** The branch that a name without a revision means. */
  public static final String DEFAULT_REVISION = "main";

  // The rules of huggingface_hub's validate_repo_id. They also keep both parts harmless in a path.
  private static final Pattern PART = Pattern.compile("\\w(?:[\\w.-]*\\w)?");
  private static final int LONGEST = 96;
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
  // What git-check-ref-format allows; a revision also names a file, refs/<revision>.
  private static final Pattern REVISION_PART =
      Pattern.compile("[^\\s\\p{Cntrl}.~^:?*\\[\\\\\"<>|][^" + "\\s\\p{Cntrl}~^:?*\\[\\\\\"<>|]*");

  public ModelName {
    String both = owner + "/" + name;
    if (!PART.matcher(owner).matches()
        || !PART.matcher(name).matches()
        || both.length() > LONGEST
        || both.contains("--")
        || both.contains("..")
        || name.endsWith(".git")) {
      throw new CurrywurstException(
          "\""
              + both
              + "\" is not the name of a model on the hub: write owner/name or owner/name@revision,"
              + " for example warp-ai/wuerstchen.");
    }
    if (!isSafeRevision(revision)) {
      throw new CurrywurstException(
          "\""
              + revision
              + "\" in "
              + both
              + "@"
              + revision
              + " is not a revision: write a branch, a tag or a commit.");
    }
  }

  /**
   * Reads {@code owner/name} or {@code owner/name@revision}.
   *
   * @throws CurrywurstException if {@code text} has another form
   */
  public static ModelName parse(String text) {
    int at = text.indexOf('@');
    String repository = at < 0 ? text : text.substring(0, at);
    int slash = repository.indexOf('/');
    return new ModelName(
        slash < 0 ? "" : repository.substring(0, slash),
        repository.substring(slash + 1),
        at < 0 ? DEFAULT_REVISION : text.substring(at + 1));
  }

  /** {@code owner/name}, as the hub's addresses have it. */
  public String repository() {
    return owner + "/" + name;
  }

  /** True if the revision is a whole commit: what it holds never changes. */
  boolean isCommit() {
    return isCommit(revision);
  }

  static boolean isCommit(String revision) {
    return COMMIT.matcher(revision).matches();
  }

  private static boolean isSafeRevision(String revision) {
    for (String part : revision.split("/", -1)) {
      if (!REVISION_PART.matcher(part).matches() || part.contains("..") || part.endsWith(".lock")) {
        return false;
      }
    }
    return true;
  }

  /** {@code owner/name@revision}, the form that {@link #parse} reads. */
  @Override
  public String toString() {
    return repository() + "@" + revision;
  }
}
