/**
 * The functions that advanced hunting adds to the language, written in the language itself over the tables they
 * read. A function whose tables a tenant lacks does not exist there.
 *
 * @see Microsoft Defender XDR, "FileProfile()", "DeviceFromIP()", "AssignedIPAddresses()", "SeenBy()"
 */
export const defenderFunctions: {
  name: string
  parameters: string
  body: string
  tables: string[]
}[] = [
  {
    name: 'FileProfile',
    parameters: '(T:(*), x:string, y:long=100)',
    tables: [],
    body: `{
      T
      | extend _hash = tolower(tostring(column_ifexists(x, "")))
      | extend _known = isnotempty(_hash), _n = hash(_hash, 1000)
      | extend
          GlobalPrevalence = iff(_known, tolong(pow(1.014, _n)), long(null)),
          GlobalFirstSeen = iff(_known, datetime(2017-03-01) + _n * 3d, datetime(null)),
          GlobalLastSeen = iff(_known, startofday(now()) - (1000 - _n) * 1h, datetime(null)),
          Signer = iff(_known and _n > 250, tostring(dynamic(["Microsoft Windows", "Northgate Tools", "Harbour Software", "Fieldstone Systems"])[_n % 4]), ""),
          Issuer = iff(_known and _n > 250, iff(_n % 4 == 0, "Microsoft Windows Production PCA 2011", "Example Code Signing CA"), ""),
          SignerHash = iff(_known and _n > 250, substring(hash_sha256(strcat("signer", _n % 4)), 0, 40), ""),
          IsCertificateValid = iff(_known and _n > 250, _n % 17 != 0, bool(null)),
          IsRootSignerMicrosoft = iff(_known and _n > 250, _n % 4 == 0, bool(null)),
          SignatureState = case(not(_known), "Unknown", _n <= 250, "Unsigned", _n % 17 == 0, "SignedInvalid", "SignedValid"),
          IsExecutable = iff(_known, true, bool(null)),
          ThreatName = iff(_known and _n < 4, "Trojan:Win32/Wacatac.B!ml", ""),
          Publisher = iff(_known and _n > 250, tostring(dynamic(["Microsoft Corporation", "Northgate Tools", "Harbour Software", "Fieldstone Systems"])[_n % 4]), ""),
          SoftwareName = "",
          ProfileAvailability = iff(_known, "Available", "Missing")
      | project-away _hash, _known, _n
    }`,
  },
  {
    name: 'DeviceFromIP',
    parameters: '(x:string, y:datetime=datetime(null))',
    tables: ['DeviceNetworkInfo'],
    body: `{
      DeviceNetworkInfo
      | where Timestamp <= coalesce(y, now()) and IPAddresses has x
      | where set_has_element(extract_all(@'"IPAddress"\\s*:\\s*"([^"]+)"', tostring(IPAddresses)), x)
      | summarize arg_max(Timestamp, DeviceName) by DeviceId
      | project IP = x, DeviceId
    }`,
  },
  {
    name: 'AssignedIPAddresses',
    parameters: '(x:string, y:datetime=datetime(null))',
    tables: ['DeviceNetworkInfo'],
    body: `{
      DeviceNetworkInfo
      | where (DeviceId == x or DeviceName == x) and Timestamp <= coalesce(y, now())
      | top 1 by Timestamp desc
      | mv-expand Address = todynamic(tostring(IPAddresses))
      | project Timestamp, IPAddress = tostring(Address.IPAddress), IPType = iff(ipv4_is_private(tostring(Address.IPAddress)), "Private", "Public"), NetworkAdapterType, ConnectedNetworks
    }`,
  },
  {
    name: 'SeenBy',
    parameters: '(x:string)',
    tables: ['DeviceInfo'],
    body: `{
      DeviceInfo
      | where DeviceId == x and OnboardingStatus != "Onboarded"
      | summarize arg_max(Timestamp, DeviceName) by DeviceId
      | project DeviceId
    }`,
  },
]
