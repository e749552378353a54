terraform {
  required_providers {
    cloudflare = {
      source  = "cloudflare/cloudflare"
      version = "~> 5.0"
    }
  }
}

variable "account_id" {
  type = string
}

variable "api_token" {
  type      = string
  sensitive = true
}

variable "base_url" {
  type        = string
  description = "Where the API is."
  default     = "https://api.cloudflare.com/client/v4"
}

variable "certificate" {
  type        = string
  description = "The root CA of the clients, as PEM."
}

provider "cloudflare" {
  api_token = var.api_token
  base_url  = var.base_url
}

resource "cloudflare_zero_trust_access_mtls_certificate" "clients" {
  account_id           = var.account_id
  name                 = "Clients of the admin pages"
  certificate          = var.certificate
  associated_hostnames = ["admin.example.com", "metrics.example.com"]
}

resource "cloudflare_zero_trust_access_mtls_hostname_settings" "admin" {
  account_id = var.account_id

  settings = [{
    hostname                      = "admin.example.com"
    china_network                 = false
    client_certificate_forwarding = true
  }]
}

output "fingerprint" {
  value = cloudflare_zero_trust_access_mtls_certificate.clients.fingerprint
}
