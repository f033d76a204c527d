import { announceChanges } from './announce.js'
import { markPolls } from './by-itself.js'
import { askBeforeSubmit } from './confirm.js'
import { offerCopy } from './copy.js'
import { offerDensities } from './density.js'
import { focusMistakes } from './focus.js'
import { listenForShortcuts } from './keyboard.js'
import { goToNamedPlace, tellFailedParts } from './live.js'
import { showLocalTimes } from './local-time.js'
import { closeMenus } from './menu.js'
import { offerPalette } from './palette.js'
import { submitOnCtrlEnter } from './submit.js'
import { offerThemes } from './theme-toggle.js'

announceChanges()
askBeforeSubmit()
markPolls()
offerCopy()
focusMistakes()
listenForShortcuts()
showLocalTimes()
goToNamedPlace()
tellFailedParts()
closeMenus()
offerPalette()
submitOnCtrlEnter()
offerThemes()
offerDensities()
