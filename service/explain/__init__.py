"""Why a verdict is what it is, as data and as text: what `explain` and the board say."""
