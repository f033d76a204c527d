import { announceChanges } from './announce.js'
import { askBeforeSubmit } from './confirm.js'
import { offerCopy } from './copy.js'
import { focusMistakes } from './focus.js'
import { listenForShortcuts } from './keyboard.js'
import { showLocalTimes } from './local-time.js'
import { closeMenus } from './menu.js'
import { submitOnCtrlEnter } from './submit.js'
import { offerThemes } from './theme-toggle.js'

announceChanges()
askBeforeSubmit()
offerCopy()
focusMistakes()
listenForShortcuts()
showLocalTimes()
closeMenus()
submitOnCtrlEnter()
offerThemes()
