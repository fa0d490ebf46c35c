/** What tests of several packages share: the stored numbers of diffusers and how to compare. */
@NullMarked
package dev.currywurst.testing;

import org.jspecify.annotations.NullMarked;
