/** What training tests share: pictures drawn on the spot, and stages small enough for a test. */
@NullMarked
package dev.currywurst.train.testing;

import org.jspecify.annotations.NullMarked;
