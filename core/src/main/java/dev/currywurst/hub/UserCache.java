package dev.currywurst.hub;

import java.nio.file.Path;

/**
 * Where this program keeps for its user what it can make again: {@code $CURRYWURST_CACHE}, else
 * {@code $XDG_CACHE_HOME/currywurst}, else {@code ~/.cache/currywurst}. Models from the hub lie in
 * {@link HubCache}, as other programs expect them. Everything can be deleted at any time.
 */
public final class UserCache {
  private UserCache() {}

  /** The folder, which need not exist. */
  public static Path folder() {
    return new HubEnvironment(System.getenv()).ownCache();
  }
}
