"""Which services of Apprise may be used, by the first word of their URLs.

All of these speak HTTP through `requests`, watched while they do; whatever else Apprise learns is
shut out until it stands here.
"""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# The module of Apprise, and the first words of its URLs.
_TABLE = """
africas_talking: atalk
apprise_api: apprise apprises
bark: bark barks
betterstack: betterstack
bluesky: bluesky bsky
brevo: brevo
bulksms: bulksms
bulkvs: bulkvs
burstsms: burstsms kudosity
chanify: chanify
clickatell: clickatell
clicksend: clicksend
cliq: cliq zcliq zohocliq
cm: cm
custom_form: form forms
custom_json: json jsons
custom_xml: xml xmls
d7networks: d7sms
dapnet: dapnet
dingtalk: dingtalk
discord: discord
dot: dot
eight00com: eight00com
emby: emby embys
enigma2: enigma2 enigma2s
evolution: evolution evolutions
exotel: exotel
feishu: feishu
firehydrant: firehydrant
flock: flock
flowtriq: flowtriq flowtriqs
fluxer: fluxer fluxers
fortysixelks: 46elks elks
freemobile: freemobile
github: github
goalert: goalert goalerts
google_chat: gchat
gorush: gorush gorushs
gotify: gotify gotifys
groundmail: groundmail
groupme: groupme
guilded: guilded
gupshup: gupshup
home_assistant: hassio hassios
httpsms: httpsms
humhub: humhub humhubs
ifttt: ifttt
ilert: ilert
incidentio: incidentio
infobip: infobip
jellyfin: jellyfin jellyfins
jira: jira
join: join
kakaotalk: kakao kakaotalk
kaleyra: kaleyra klr
kavenegar: kavenegar
kodi: kodi kodis xbmc xbmcs
kook: kook
kumulos: kumulos
lametric: lametric lametrics
lark: lark
lauther: lauther
lfgalarm: lfg
line: line
mailersend: mailersend
mailgun: mailgun
mastodon: mastodon mastodons toot toots
matrix: matrix matrixs
mattermost: mmost mmosts
messagebird: msgbird
misskey: misskey misskeys
mobilemessage: mobilemessage mobilemsg
msg91: msg91
nextcloud: ncloud nclouds
nextcloudtalk: nctalk nctalks
notica: notica noticas
notifiarr: notifiarr
notifico: notifico notificos
notifyre: notifyre
ntfy: ntfy ntfys
octopush: octopush
office365: azure o365
one_signal: onesignal
onebot: onebot onebots
opsgenie: opsgenie
pagerduty: pagerduty
pagertree: pagertree
parseplatform: parsep parseps
pinglet: pinglet pinglets
pingram: pingram
plivo: plivo
postmark: postmark
prowl: prowl
pushbullet: pbul
pushdeer: pushdeer pushdeers
pushed: pushed
pushjet: pjet pjets
pushme: pushme
pushover: pover
pushplus: pushplus wecom
pushsafer: psafer psafers
pushward: pushward
pushy: pushy
qq: qq
reddit: reddit
resend: resend
revolt: revolt
ringcentral: ringc
rocketchat: rocket rockets
ryver: ryver
sendgrid: sendgrid
sendpulse: sendpulse
serverchan: schan
serwersms: serwersms
ses: ses
seven: seven
sfr: sfr
signal_api: signal signals
signalgrid: signalgrid
signl4: signl4
simplepush: simplepush spush
sinch: sinch
slack: slack
smsc: smsc
smseagle: smseagle smseagles
smsmanager: smsmanager smsmgr
smstunnel: smstunnel
smtp2go: smtp2go
sns: sns
sogs: session sessions sogs
sparkpost: sparkpost
spike: spike
splunk: splunk victorops
spugpush: spugpush
squadcast: squadcast
stackfield: stackfield
streamlabs: strmlabs
synology: synology synologys
techuluspush: push
telegram: tgram
telesign: telesign
telnyx: telnyx
threema: threema
trigv: trigv trigvs
twilio: twilio
twist: twist
twitter: tweet twitter x
viber: viber
voipms: voipms
vonage: nexmo vonage
webexteams: webex wxteams
wechat: wechat
wecombot: wecombot
whapi: whapi
whatsapp: whatsapp
workflows: workflow workflows
wpush: wpush
wxpusher: wxpusher
xmatters: xmatters
youlmk: youlmk
zalo: zalo
zoom: zoom
zulip: zulip
"""

MODULES = {
    schema: module
    for module, _colon, schemas in (line.partition(": ") for line in _TABLE.strip().splitlines())
    for schema in schemas.split()
}

_MAIL = _("letters go out by the mail server of this house: choose e-mail instead")
_MACHINE = _("it speaks to the machine that Guildhall runs on")
_NO_HTTP = _("it does not speak HTTP, and nothing else may leave this house")
_FILES = _("it reads files of the machine that Guildhall runs on")

REFUSED: dict[str, Promise | str] = {
    **dict.fromkeys(["mailto", "mailtos", "smtp", "smtps", "deltachat", "deltachats"], _MAIL),
    **dict.fromkeys(
        ["blink1", "dbus", "gio", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows"],
        _MACHINE,
    ),
    **dict.fromkeys(
        ["amqp", "amqps", "aprs", "growl", "irc", "ircs", "mqtt", "mqtts", "nostr", "rsyslog",
         "smpp", "smpps", "xmpp", "xmpps"],
        _NO_HTTP,
    ),
    **dict.fromkeys(["fcm", "file", "memory", "vapid"], _FILES),
}  # fmt: skip

# Of these services people are given a web address to paste.
PASTED = {
    "chat.googleapis.com": "google_chat",
    "discord.com": "discord",
    "discordapp.com": "discord",
    "hooks.slack.com": "slack",
    "maker.ifttt.com": "ifttt",
    "webexapis.com": "webexteams",
    "api.ciscospark.com": "webexteams",
}
# What would be read from elsewhere and sent along, or says how often to try, which we do.
FORBIDDEN = {"attach", "keyfile", "subfile", "template"}
